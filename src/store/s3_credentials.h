#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>

#include "store/aws_crt.h"
#include "store/credential_chain.h"
#include "store/s3_errors.h"

struct aws_credentials_provider;

namespace s3source::crt {

/// Where the credentials of requests come from, in the order of the AWS SDKs:
/// the named profile alone (keys, role, SSO, process, web identity), or else
/// the environment's keys, web identity, the shared profile, the container's or the
/// instance's service. Found once, kept, and renewed before they expire.
/// Thread-safe.
class Credentials {
 public:
  /// `runtime` must outlive the object and its providers.
  Credentials(Runtime& runtime, const S3Options& options);

  /// Null when there is no place to look at, so that no request can be signed.
  std::shared_ptr<aws_credentials_provider> provider() const;

  /// For credentials that the server calls expired: looks for others, from the first
  /// place on, as the ones kept may not know that they have expired. Where `refused` is
  /// not provider() any more, that was done. False when there is no place to look at.
  /// `renewing` is called before a new look.
  bool Renew(const std::shared_ptr<aws_credentials_provider>& refused,
             const std::function<void()>& renewing);

  /// OK once there are credentials; a Fault of reason kCredentials when there are none,
  /// or when looking for them takes longer than the options allow.
  arrow::Status Await(const S3Target& target, const std::stop_token& stop);

  /// For a request that failed: where it could not be signed, as none of the places gave
  /// credentials when they were asked last, says why in `failure`; where it was answered,
  /// whose credentials it was signed with.
  void Explain(S3Failure& failure) const;

 private:
  S3Failure Findings() const;
  std::shared_ptr<aws_credentials_provider> Make();

  Runtime& runtime_;
  const S3Options options_;
  mutable std::mutex mutex_;
  std::shared_ptr<CredentialAnswers> answers_;  ///< of provider_
  std::shared_ptr<aws_credentials_provider> provider_;
};

}  // namespace s3source::crt
