#include "store/s3_failure.h"

#include <algorithm>
#include <initializer_list>
#include <pugixml.hpp>

namespace s3source {
namespace {

using Operation = S3Failure::Operation;

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

bool IsOfTheNetwork(std::string_view error) {
  // The invalid state is a connection's over which bytes came that nobody had asked for;
  // the others come of name resolution and of sockets.
  return error.starts_with("AWS_IO_") || error.starts_with("AWS_ERROR_HTTP_") ||
         IsAnyOf(error, {"AWS_ERROR_INVALID_STATE", "AWS_ERROR_MAX_FDS_EXCEEDED",
                         "AWS_ERROR_SYS_CALL_FAILURE", "AWS_ERROR_NO_PERMISSION",
                         "AWS_ERROR_OOM"});
}

FaultReason ReasonWithoutAnswer(const S3Failure& failure) {
  const std::string_view error = failure.crt_error;
  if (!failure.no_credentials.empty()) return FaultReason::kCredentials;
  if (error == "AWS_ERROR_SHORT_BUFFER" && failure.operation == Operation::kList) {
    return FaultReason::kBadListing;
  }
  if (error.starts_with("AWS_AUTH_") && error != "AWS_AUTH_CANONICAL_REQUEST_MISMATCH") {
    return FaultReason::kCredentials;
  }
  if (IsOfTheNetwork(error)) return FaultReason::kUnreachable;
  return failure.operation == Operation::kList ? FaultReason::kUnavailable
                                               : FaultReason::kObjectUnreadable;
}

}  // namespace

S3Message MessageOf(const S3Failure& failure) { return ParseMessage(failure.body); }

bool IsExpired(std::string_view code) {
  return IsAnyOf(code, {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"});
}

FaultReason ReasonOfFailure(const S3Failure& failure, const S3Message& said) {
  const bool answered = failure.http_status >= 300 || !said.code.empty();
  if (!answered) return ReasonWithoutAnswer(failure);
  const FaultReason by_code = ReasonByCode(failure, said);
  const FaultReason reason =
      by_code == FaultReason::kObjectUnreadable ? ReasonByStatus(failure) : by_code;
  // What only an object can be is nonsense as an answer to a listing.
  const bool of_object = ReachOf(reason) == FaultReach::kSkipObject;
  return of_object && failure.operation == Operation::kList ? FaultReason::kBadListing
                                                            : reason;
}

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

bool SaysExpired(const S3Failure& failure) { return IsExpired(MessageOf(failure).code); }

std::string RegionInstead(const S3Failure& failure) {
  const S3Message said = MessageOf(failure);
  const bool elsewhere = ReasonOfFailure(failure, said) == FaultReason::kWrongRegion;
  return elsewhere ? RegionTold(failure, said) : "";
}

bool SaysSkewed(const S3Failure& failure) {
  return MessageOf(failure).code == "RequestTimeTooSkewed";
}

bool MayPass(const S3Failure& failure) {
  constexpr int kNotImplemented = 501;
  const std::string_view error = failure.crt_error;
  if (error.empty()) {
    return failure.http_status != kNotImplemented &&
           ReasonOfFailure(failure, MessageOf(failure)) == FaultReason::kUnavailable;
  }
  // A certificate does not become trusted by asking again, and each time costs half a
  // minute: the TLS library delays the end of such a connection on purpose.
  if (IsAnyOf(error,
              {"AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE", "AWS_IO_DNS_INVALID_NAME"}) ||
      error.starts_with("AWS_ERROR_HTTP_INVALID_HEADER")) {
    return false;
  }
  return IsOfTheNetwork(error);
}

}  // namespace s3source
