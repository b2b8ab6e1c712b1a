#include "store/s3_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string_view>

#include "cloudquery/log/printable.h"
#include "store/fault.h"
#include "store/redacted.h"
#include "store/s3_uri.h"

namespace s3source {
namespace {

using Operation = S3Failure::Operation;

bool IsAnyOf(std::string_view text, std::initializer_list<std::string_view> values) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

bool Contains(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) {
                       return std::tolower(static_cast<unsigned char>(a)) ==
                              std::tolower(static_cast<unsigned char>(b));
                     }) != text.end();
}

std::string Name(const S3Target& target, const S3Failure& failure) {
  if (failure.operation == Operation::kList) return "s3://" + target.bucket;
  return fmt::format("s3://{}/{}", target.bucket, cq::Printable(failure.prefix_or_key));
}

std::string Arn(const S3Target& target, const S3Failure& failure) {
  std::string arn =
      fmt::format("arn:{}:s3:::{}", AwsPartition(target.region), target.bucket);
  if (failure.operation == Operation::kRead)
    arn += "/" + cq::Printable(failure.prefix_or_key);
  return arn;
}

std::string CredentialSource(const S3Target& target, const S3Failure& failure) {
  if (!target.profile.empty()) {
    return fmt::format("profile \"{}\" (field local_profile)",
                       cq::Printable(target.profile));
  }
  if (!failure.credentials_from.empty()) return failure.credentials_from;
  return "the default AWS chain (environment variables, web identity, shared profile "
         "files, SSO, "
         "process, container, instance metadata)";
}

std::string ExplainClock(std::chrono::nanoseconds ahead) {
  const int64_t seconds = std::chrono::round<std::chrono::seconds>(ahead).count();
  if (seconds == 0) return "the clock of this machine is too far off; set it right (NTP)";
  if (seconds < 0) {
    return fmt::format(
        "the clock of this machine is off by {} s (it is fast); set it right (NTP)",
        -seconds);
  }
  return fmt::format(
      "the clock of this machine is off by {} s (it is slow); set it right (NTP)",
      seconds);
}

std::string ExplainCredentials(const S3Target& target, const S3Failure& failure,
                               const S3Message& said) {
  if (!failure.no_credentials.empty()) {
    return "no credentials found; " + failure.no_credentials;
  }
  const std::string source = CredentialSource(target, failure);
  if (IsAnyOf(said.code, {"InvalidAccessKeyId", "XAdminUserNotFound"})) {
    return "the access key is not known there; check the credentials from " + source +
           (target.custom ? " and the endpoint" : "");
  }
  if (said.code == "SignatureDoesNotMatch") {
    return "the signature does not match, so the secret key does not belong to the "
           "access key; "
           "check the credentials from " +
           source;
  }
  if (IsExpired(said.code) || failure.crt_error == "AWS_AUTH_SSO_TOKEN_EXPIRED") {
    return "the credentials have expired; renew those from " + source;
  }
  if (said.code == "RequestTimeTooSkewed") {
    return ExplainClock(failure.clock_ahead);
  }
  if (failure.http_status == 0) return "no credentials found; looked at " + source;
  return "the credentials were refused; check those from " + source;
}

std::string ExplainUnreachable(const S3Target& target, const S3Failure& failure) {
  const std::string_view error = failure.crt_error;
  const std::string check =
      target.custom ? "check scheme, host and port of the endpoint, and set path_style "
                      "where the server does not serve buckets as host names"
                    : "check the region and the network";
  if (Contains(error, "TLS")) {
    return fmt::format(
        "no trusted TLS connection to {}; where the server has its own certificate "
        "authority, set AWS_CA_BUNDLE to its file",
        target.url);
  }
  if (Contains(error, "DNS")) {
    return fmt::format("the name of {} cannot be resolved; {}", target.url, check);
  }
  if (Contains(error, "REFUSED")) {
    return fmt::format("nothing listens at {}; {}", target.url, check);
  }
  return fmt::format("no working connection to {}; {}", target.url, check);
}

std::string ExplainRegion(const S3Target& target, const S3Failure& failure,
                          const S3Message& said) {
  const std::string region = cq::Printable(RegionTold(failure, said), 64);
  if (!region.empty() && region != target.region) {
    return fmt::format("the bucket is in region {}, not {}; set `region: {}`", region,
                       target.region, region);
  }
  return fmt::format("the bucket is not in region {}; set `region` to the bucket's own",
                     target.region);
}

std::string ExplainDenied(const S3Target& target, const S3Failure& failure,
                          std::string_view action) {
  const std::string arn = Arn(target, failure);
  if (!target.anonymous) {
    return fmt::format("access denied; the credentials need {} on {}", action, arn);
  }
  return fmt::format(
      "access denied to requests without credentials; leave out `anonymous` and give "
      "credentials, or have the bucket's policy allow everybody {} on {}",
      action, arn);
}

std::string Explain(const S3Target& target, const S3Failure& failure,
                    const S3Message& said, FaultReason reason) {
  switch (reason) {
    case FaultReason::kGone:
      return "deleted after it was listed";
    case FaultReason::kChanged:
      return "overwritten after it was listed; the next sync reads the new version";
    case FaultReason::kArchived:
      return "archived; restore it or move it to a storage class that can be read at "
             "once";
    case FaultReason::kObjectDenied:
      if (Contains(said.message, "kms")) {
        return "access denied; the credentials need kms:Decrypt on the object's key";
      }
      return ExplainDenied(target, failure, "s3:GetObject");
    case FaultReason::kBucketDenied:
      return ExplainDenied(target, failure, "s3:ListBucket");
    case FaultReason::kNoBucket:
      return target.custom ? "there is no such bucket; check `bucket` and the endpoint"
                           : "there is no such bucket; check `bucket`";
    case FaultReason::kWrongRegion:
      return ExplainRegion(target, failure, said);
    case FaultReason::kCredentials:
      return ExplainCredentials(target, failure, said);
    case FaultReason::kUnreachable:
      return ExplainUnreachable(target, failure);
    case FaultReason::kUnavailable:
      return "the service keeps failing; try again later, or lower `concurrency` if it "
             "is throttled";
    case FaultReason::kBadListing:
      return failure.http_status >= 300 ? "listing it was refused"
                                        : "the server's listing cannot be trusted";
    case FaultReason::kCancelled:
      return "stopped";
    case FaultReason::kMalformed:
    case FaultReason::kNoMemory:
    case FaultReason::kObjectUnreadable:
      break;
  }
  return "it cannot be read";
}

/// What the server or the library said, for those who look deeper.
std::string Evidence(const S3Failure& failure, const S3Message& said) {
  std::string evidence;
  const auto add = [&](const std::string& part) {
    evidence += (evidence.empty() ? "" : ", ") + part;
  };
  if (failure.http_status != 0) add(fmt::format("HTTP {}", failure.http_status));
  if (!said.code.empty()) {
    const std::string code = cq::Printable(Redacted(said.code), 100);
    const std::string message = cq::Printable(Redacted(said.message), 300);
    add(message.empty() ? code : code + ": " + message);
  } else if (!failure.crt_error.empty()) {
    add(failure.crt_text.empty() ? failure.crt_error
                                 : failure.crt_error + ": " + failure.crt_text);
  }
  if (failure.attempts > 1) add(fmt::format("{} attempts", failure.attempts));
  if (!failure.request_id.empty())
    add("request " + cq::Printable(failure.request_id, 64));
  return evidence;
}

}  // namespace

arrow::Status FaultOf(const S3Target& target, const S3Failure& failure) {
  const S3Message said = MessageOf(failure);
  const FaultReason reason = ReasonOfFailure(failure, said);
  const std::string evidence = Evidence(failure, said);
  return MakeFault(reason, fmt::format("{}: {}{}", Name(target, failure),
                                       Explain(target, failure, said, reason),
                                       evidence.empty() ? "" : " (" + evidence + ")"));
}

}  // namespace s3source
