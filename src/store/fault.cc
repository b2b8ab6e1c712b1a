#include "store/fault.h"

#include <memory>
#include <utility>

#include "cloudquery/serve/error_kind.h"

namespace s3source {
namespace {

constexpr char kTypeId[] = "s3source::Fault";

cq::ErrorKind KindOf(FaultReason reason) {
  switch (reason) {
    case FaultReason::kBucketDenied:
    case FaultReason::kObjectDenied:
      return cq::ErrorKind::kPermissionDenied;
    case FaultReason::kCredentials:
      return cq::ErrorKind::kUnauthenticated;
    case FaultReason::kNoBucket:
      return cq::ErrorKind::kNotFound;
    case FaultReason::kWrongRegion:
      return cq::ErrorKind::kInvalidArgument;
    default:
      return cq::ErrorKind::kOther;
  }
}

class FaultDetail final : public cq::ErrorKindDetail {
 public:
  explicit FaultDetail(FaultReason reason) : reason_(reason) {}

  const char* type_id() const override { return kTypeId; }
  std::string ToString() const override { return std::string(NameOf(reason_)); }
  cq::ErrorKind kind() const override { return KindOf(reason_); }
  FaultReason reason() const { return reason_; }

 private:
  FaultReason reason_;
};

const FaultDetail* DetailOf(const arrow::Status& status) {
  const auto& detail = status.detail();
  if (detail == nullptr || std::string_view(detail->type_id()) != kTypeId) return nullptr;
  return static_cast<const FaultDetail*>(detail.get());
}

arrow::StatusCode CodeOf(FaultReason reason) {
  switch (reason) {
    case FaultReason::kMalformed:
      return arrow::StatusCode::Invalid;
    case FaultReason::kCancelled:
      return arrow::StatusCode::Cancelled;
    default:
      return arrow::StatusCode::IOError;
  }
}

}  // namespace

std::string_view NameOf(FaultReason reason) {
  switch (reason) {
    case FaultReason::kGone:
      return "gone";
    case FaultReason::kChanged:
      return "changed";
    case FaultReason::kMalformed:
      return "malformed";
    case FaultReason::kArchived:
      return "archived";
    case FaultReason::kObjectDenied:
      return "object denied";
    case FaultReason::kObjectUnreadable:
      return "object unreadable";
    case FaultReason::kNoMemory:
      return "no memory";
    case FaultReason::kBucketDenied:
      return "bucket denied";
    case FaultReason::kNoBucket:
      return "no bucket";
    case FaultReason::kWrongRegion:
      return "wrong region";
    case FaultReason::kCredentials:
      return "credentials";
    case FaultReason::kUnreachable:
      return "unreachable";
    case FaultReason::kUnavailable:
      return "unavailable";
    case FaultReason::kBadListing:
      return "bad listing";
    case FaultReason::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

FaultReach ReachOf(FaultReason reason) {
  switch (reason) {
    case FaultReason::kGone:
    case FaultReason::kChanged:
    case FaultReason::kMalformed:
    case FaultReason::kArchived:
    case FaultReason::kObjectDenied:
    case FaultReason::kObjectUnreadable:
    case FaultReason::kNoMemory:
      return FaultReach::kSkipObject;
    case FaultReason::kCancelled:
      return FaultReach::kCancelled;
    case FaultReason::kBucketDenied:
    case FaultReason::kNoBucket:
    case FaultReason::kWrongRegion:
    case FaultReason::kCredentials:
    case FaultReason::kUnreachable:
    case FaultReason::kUnavailable:
    case FaultReason::kBadListing:
      return FaultReach::kFailSync;
  }
  return FaultReach::kFailSync;
}

arrow::Status MakeFault(FaultReason reason, std::string text) {
  return arrow::Status(CodeOf(reason), std::move(text),
                       std::make_shared<FaultDetail>(reason));
}

FaultReason ReasonOf(const arrow::Status& status) {
  if (const auto* detail = DetailOf(status)) return detail->reason();
  return status.IsCancelled() ? FaultReason::kCancelled : FaultReason::kObjectUnreadable;
}

bool HasFault(const arrow::Status& status) { return DetailOf(status) != nullptr; }

}  // namespace s3source
