#pragma once

#include <arrow/status.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace s3source {

/// Whom requests are made to, as far as an error's text needs it.
struct S3Target {
  std::string bucket;
  std::string region;
  std::string url;      ///< the address that is connected to
  bool custom = false;  ///< not AWS's own address
  std::string profile;
};

/// How a request failed: with an answer of the server, or without one.
struct S3Failure {
  enum class Operation { kList, kRead };
  Operation operation = Operation::kList;
  std::string prefix_or_key;

  int http_status = 0;        ///< 0: there was no answer
  std::string body;           ///< of the answer; S3 describes errors in XML
  std::string bucket_region;  ///< header x-amz-bucket-region
  std::string request_id;     ///< header x-amz-request-id
  std::string crt_error;  ///< name of the AWS library's error, "AWS_IO_DNS_INVALID_NAME"
  std::string crt_text;   ///< its description
  /// Where the request could not be signed: why there are no credentials, and what to do.
  std::string no_credentials;
  int64_t attempts = 1;
  /// Of the server, before ours; zero where it did not tell.
  std::chrono::nanoseconds clock_ahead{0};
};

/// The Fault for a failed request: its text names the object or bucket, what happened and
/// what to do. Text of the server is made printable and loses what looks like a secret.
arrow::Status FaultOf(const S3Target& target, const S3Failure& failure);

/// Whether the server says that credentials it knows have expired.
bool SaysExpired(const S3Failure& failure);

/// The region the server says the bucket is in, where it refuses the request for being
/// in another one; empty for all else.
std::string RegionInstead(const S3Failure& failure);

/// `text` with access keys, tokens and signatures replaced by "[redacted]".
std::string Redacted(std::string_view text);

}  // namespace s3source
