#include "store/s3_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <pugixml.hpp>
#include <utility>

#include "cloudquery/log/printable.h"
#include "store/fault.h"
#include "store/s3_uri.h"

namespace s3source {
namespace {

using Operation = S3Failure::Operation;

/// What S3's XML says. All parts may be empty.
struct S3Message {
  std::string code;
  std::string message;
  std::string region;
};

/// Far more than S3 says. What is longer could only cost memory.
constexpr size_t kMaxMessage = 64U << 10;

S3Message ParseMessage(const std::string& body) {
  if (body.size() > kMaxMessage) return {};
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size(), pugi::parse_default,
                            pugi::encoding_utf8)) {
    return {};
  }
  const pugi::xml_node error = document.child("Error");
  return {error.child_value("Code"), error.child_value("Message"),
          error.child_value("Region")};
}

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

bool IsExpired(std::string_view code) {
  return IsAnyOf(code, {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"});
}

FaultReason ReasonByCode(const S3Failure& failure, const S3Message& said) {
  const bool list = failure.operation == Operation::kList;
  const std::string_view code = said.code;
  if (code == "NoSuchBucket" || code == "InvalidBucketName")
    return FaultReason::kNoBucket;
  if (code == "NoSuchKey") return list ? FaultReason::kNoBucket : FaultReason::kGone;
  if (IsExpired(code) ||
      IsAnyOf(code, {"InvalidAccessKeyId", "XAdminUserNotFound", "SignatureDoesNotMatch",
                     "InvalidToken", "RequestTimeTooSkewed", "RequestExpired",
                     "MissingAuthenticationToken", "UnrecognizedClientException",
                     "InvalidSecurity", "NotSignedUp"})) {
    return FaultReason::kCredentials;
  }
  if (IsAnyOf(code,
              {"PermanentRedirect", "TemporaryRedirect", "Redirect",
               "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"})) {
    return FaultReason::kWrongRegion;
  }
  if (code == "AccessDenied" || code == "AllAccessDisabled") {
    return list ? FaultReason::kBucketDenied : FaultReason::kObjectDenied;
  }
  if (code == "InvalidObjectState") return FaultReason::kArchived;
  if (IsAnyOf(code, {"PreconditionFailed", "InvalidRange"})) return FaultReason::kChanged;
  if (IsAnyOf(code, {"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout",
                     "Throttling", "ThrottlingException", "TooManyRequests"})) {
    return FaultReason::kUnavailable;
  }
  return FaultReason::kObjectUnreadable;  // not known: the HTTP status decides
}

FaultReason ReasonByStatus(const S3Failure& failure) {
  const bool list = failure.operation == Operation::kList;
  switch (failure.http_status) {
    case 301:
    case 302:
    case 307:
      return FaultReason::kWrongRegion;
    case 401:
      return FaultReason::kCredentials;
    case 403:
      return list ? FaultReason::kBucketDenied : FaultReason::kObjectDenied;
    case 404:
      return list ? FaultReason::kNoBucket : FaultReason::kGone;
    case 412:
    case 416:
      return FaultReason::kChanged;
    case 408:
    case 429:
      return FaultReason::kUnavailable;
    default:
      break;
  }
  if (failure.http_status >= 500) return FaultReason::kUnavailable;
  return list ? FaultReason::kBadListing : FaultReason::kObjectUnreadable;
}

FaultReason ReasonWithoutAnswer(const S3Failure& failure) {
  const std::string_view error = failure.crt_error;
  if (error == "AWS_ERROR_S3_CANCELED") return FaultReason::kCancelled;
  if (!failure.no_credentials.empty()) return FaultReason::kCredentials;
  if (error == "AWS_ERROR_SHORT_BUFFER" && failure.operation == Operation::kList) {
    return FaultReason::kBadListing;
  }
  if (error.starts_with("AWS_AUTH_") && error != "AWS_AUTH_CANONICAL_REQUEST_MISMATCH") {
    return FaultReason::kCredentials;
  }
  if (IsAnyOf(error, {"AWS_ERROR_S3_SLOW_DOWN", "AWS_ERROR_S3_INTERNAL_ERROR",
                      "AWS_ERROR_S3_REQUEST_TIMEOUT"})) {
    return FaultReason::kUnavailable;
  }
  if (error == "AWS_ERROR_S3_REQUEST_TIME_TOO_SKEWED") return FaultReason::kCredentials;
  if (error.starts_with("AWS_IO_") || error.starts_with("AWS_ERROR_HTTP_")) {
    return FaultReason::kUnreachable;
  }
  return failure.operation == Operation::kList ? FaultReason::kUnavailable
                                               : FaultReason::kObjectUnreadable;
}

FaultReason ReasonOfFailure(const S3Failure& failure, const S3Message& said) {
  // What the library has given up to repeat it tells by its own error, without the
  // answer's body.
  const bool repeated = failure.crt_error.starts_with("AWS_ERROR_S3_") &&
                        said.code.empty() &&
                        failure.crt_error != "AWS_ERROR_S3_INVALID_RESPONSE_STATUS";
  const bool answered = failure.http_status >= 300 || !said.code.empty();
  if (repeated || !answered) return ReasonWithoutAnswer(failure);
  const FaultReason by_code = ReasonByCode(failure, said);
  const FaultReason reason =
      by_code == FaultReason::kObjectUnreadable ? ReasonByStatus(failure) : by_code;
  // What only an object can be is nonsense as an answer to a listing.
  const bool of_object = ReachOf(reason) == FaultReach::kSkipObject;
  return of_object && failure.operation == Operation::kList ? FaultReason::kBadListing
                                                            : reason;
}

/// The region the bucket is in, where the answer tells.
std::string RegionTold(const S3Failure& failure, const S3Message& said) {
  if (!failure.bucket_region.empty()) return failure.bucket_region;
  if (!said.region.empty()) return said.region;
  constexpr std::string_view kExpecting = "expecting '";
  const auto begin = said.message.find(kExpecting);
  if (begin == std::string::npos) return {};
  const auto from = begin + kExpecting.size();
  const auto end = said.message.find('\'', from);
  return end == std::string::npos ? "" : said.message.substr(from, end - from);
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

std::string CredentialSource(const S3Target& target) {
  if (!target.profile.empty()) {
    return fmt::format("profile \"{}\" (field local_profile)",
                       cq::Printable(target.profile));
  }
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
  const std::string source = CredentialSource(target);
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
  if (said.code == "RequestTimeTooSkewed" ||
      failure.crt_error == "AWS_ERROR_S3_REQUEST_TIME_TOO_SKEWED") {
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

std::string ExplainUnreadable(const S3Failure& failure) {
  if (failure.crt_error == "AWS_ERROR_S3_MISSING_CONTENT_RANGE_HEADER" ||
      failure.crt_error == "AWS_ERROR_S3_INVALID_CONTENT_RANGE_HEADER") {
    return "the server did not answer with the range that was asked for";
  }
  if (failure.crt_error == "AWS_ERROR_S3_MISSING_ETAG") {
    return "the server did not tell which version it sent (no ETag)";
  }
  return "it cannot be read";
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
      return fmt::format("access denied; the credentials need s3:GetObject on {}",
                         Arn(target, failure));
    case FaultReason::kBucketDenied:
      return fmt::format("access denied; the credentials need s3:ListBucket on {}",
                         Arn(target, failure));
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
      return ExplainUnreadable(failure);
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
  } else if (!failure.crt_error.empty() &&
             failure.crt_error != "AWS_ERROR_S3_INVALID_RESPONSE_STATUS") {
    add(failure.crt_text.empty() ? failure.crt_error
                                 : failure.crt_error + ": " + failure.crt_text);
  }
  if (failure.attempts > 1) add(fmt::format("{} attempts", failure.attempts));
  if (!failure.request_id.empty())
    add("request " + cq::Printable(failure.request_id, 64));
  return evidence;
}

bool IsSecretChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/' ||
         c == '=' || c == '_' || c == '%';
}

/// Access key ids (20 capitals and digits) and whatever is longer than words and names
/// are, and has capitals, small letters and digits as base64 has. Hexadecimal signatures
/// have 64 digits.
bool LooksSecret(std::string_view word) {
  const auto any = [&](int (*is)(int)) {
    return std::any_of(word.begin(), word.end(),
                       [&](char c) { return is(static_cast<unsigned char>(c)) != 0; });
  };
  const bool key_id = word.size() >= 16 && word.size() <= 128 &&
                      (word.starts_with("AKIA") || word.starts_with("ASIA"));
  const bool hex = word.size() >= 40 &&
                   std::all_of(word.begin(), word.end(),
                               [](unsigned char c) { return std::isxdigit(c) != 0; });
  const bool base64 =
      word.size() >= 32 && any(std::isupper) && any(std::islower) && any(std::isdigit);
  return key_id || hex || base64;
}

}  // namespace

std::string Redacted(std::string_view text) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    size_t end = at;
    while (end < text.size() && IsSecretChar(text[end])) ++end;
    const std::string_view word = text.substr(at, end - at);
    // "X-Amz-Signature=abc": the value is a word of its own. At the end of a word it is
    // the padding of base64.
    const auto equals = word.substr(0, word.find_last_not_of('=') + 1).find('=');
    const std::string_view value =
        equals == std::string_view::npos ? word : word.substr(equals + 1);
    if (LooksSecret(value) || LooksSecret(word)) {
      out += word.size() == value.size() ? "" : word.substr(0, equals + 1);
      out += "[redacted]";
    } else {
      out += word;
    }
    if (end < text.size()) out += text[end++];
    at = end;
  }
  return out;
}

bool SaysExpired(const S3Failure& failure) {
  return IsExpired(ParseMessage(failure.body).code);
}

std::string RegionInstead(const S3Failure& failure) {
  const S3Message said = ParseMessage(failure.body);
  const bool elsewhere = ReasonOfFailure(failure, said) == FaultReason::kWrongRegion;
  return elsewhere ? RegionTold(failure, said) : "";
}

arrow::Status FaultOf(const S3Target& target, const S3Failure& failure) {
  const S3Message said = ParseMessage(failure.body);
  const FaultReason reason = ReasonOfFailure(failure, said);
  const std::string evidence = Evidence(failure, said);
  return MakeFault(reason, fmt::format("{}: {}{}", Name(target, failure),
                                       Explain(target, failure, said, reason),
                                       evidence.empty() ? "" : " (" + evidence + ")"));
}

}  // namespace s3source
