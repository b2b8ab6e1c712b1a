#pragma once

#include <stop_token>

#include "store/aws_crt.h"
#include "store/s3_errors.h"

struct aws_credentials_provider;

namespace s3source::crt {

/// Where the credentials of requests come from, in the order of the AWS SDKs:
/// the named profile alone (keys, role, SSO, process, web identity), or else
/// the environment's keys, web identity, the shared profile, the container's or the
/// instance's service. Found once, kept, and renewed before they expire.
class Credentials {
 public:
  /// `runtime` must outlive the object.
  Credentials(Runtime& runtime, const S3Options& options);
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  /// Null when there is no place to look at, so that no request can be signed.
  aws_credentials_provider* provider() const { return provider_; }

  /// OK once there are credentials; a Fault of reason kCredentials when there are none,
  /// or when looking for them takes longer than the options allow.
  arrow::Status Await(const S3Target& target, const std::stop_token& stop);

 private:
  const std::chrono::seconds timeout_;
  aws_credentials_provider* provider_ = nullptr;
};

}  // namespace s3source::crt
