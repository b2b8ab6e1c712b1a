#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/fault.h"

namespace s3source {

/// How a request failed: with an answer of the server, or without one.
struct S3Failure {
  enum class Operation { kList, kRead };
  Operation operation = Operation::kList;
  std::string prefix_or_key;

  int http_status = 0;        ///< 0: there was no answer
  std::string body;           ///< of the answer; S3 describes errors in XML
  std::string bucket_region;  ///< header x-amz-bucket-region
  std::string request_id;     ///< header x-amz-request-id
  /// Where there was no whole answer: the AWS library's error, "AWS_IO_DNS_INVALID_NAME".
  std::string crt_error;
  std::string crt_text;  ///< its description
  /// Where the request could not be signed: why there are no credentials, and what to do.
  std::string no_credentials;
  /// Where the credentials came from that the request was signed with; may be empty.
  std::string credentials_from;
  int64_t attempts = 1;
  /// Of the server, before ours; zero where it did not tell.
  std::chrono::nanoseconds clock_ahead{0};
};

/// What S3's XML says. All parts may be empty.
struct S3Message {
  std::string code;
  std::string message;
  std::string region;
};
S3Message MessageOf(const S3Failure& failure);

/// What the request failed for; `said` is its message.
FaultReason ReasonOfFailure(const S3Failure& failure, const S3Message& said);

/// The region the bucket is in, where the answer tells.
std::string RegionTold(const S3Failure& failure, const S3Message& said);

/// Whether the code is one of those for credentials that have expired.
bool IsExpired(std::string_view code);

/// Whether the server says that credentials it knows have expired.
bool SaysExpired(const S3Failure& failure);

/// The region the server says the bucket is in, where it refuses the request for being
/// in another one; empty for all else.
std::string RegionInstead(const S3Failure& failure);

/// Whether the server refuses the time that the request was signed with.
bool SaysSkewed(const S3Failure& failure);

/// Whether the same request may succeed later: no whole answer came, for a reason of the
/// network, or the server says so.
bool MayPass(const S3Failure& failure);

}  // namespace s3source
