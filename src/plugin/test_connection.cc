#include "plugin/test_connection.h"

#include <optional>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "read/object_reader.h"
#include "store/fault.h"

namespace s3source {

namespace {

const char* FailureCode(FaultReason reason) {
  switch (reason) {
    case FaultReason::kBucketDenied:
    case FaultReason::kObjectDenied:
    case FaultReason::kCredentials:
      return "UNAUTHORIZED";
    case FaultReason::kUnreachable:
    case FaultReason::kUnavailable:
      return "UNREACHABLE";
    case FaultReason::kNoBucket:
    case FaultReason::kWrongRegion:
    case FaultReason::kBadListing:
      return "CONNECTION_FAILED";
    default:
      return "OTHER";
  }
}

/// It says nothing about the connection.
bool IsOfTheObjectAlone(FaultReason reason) {
  return reason != FaultReason::kObjectDenied &&
         reason != FaultReason::kObjectUnreadable &&
         ReachOf(reason) == FaultReach::kSkipObject;
}

/// The first Parquet object of the first page of the listing.
arrow::Result<std::optional<Object>> FirstObject(ObjectStore& store,
                                                 const std::string& prefix,
                                                 std::stop_token stop) {
  std::optional<Object> first;
  bool page_seen = false;
  const arrow::Status listed =
      store.List(prefix, std::move(stop), [&](std::vector<Object> page) -> arrow::Status {
        page_seen = true;
        Catalog catalog;
        catalog.Add(std::move(page));
        if (!catalog.tables().empty()) first = catalog.tables().front().objects.front();
        return arrow::Status::Cancelled("one page is enough");
      });
  if (!page_seen) ARROW_RETURN_NOT_OK(listed);
  return first;
}

}  // namespace

cq::ConnectionTest FailedTest(const arrow::Status& status) {
  return {.success = false,
          .failure_code = FailureCode(ReasonOf(status)),
          .failure_description = status.message()};
}

cq::ConnectionTest TestStore(ObjectStore& store, const Spec& spec, std::stop_token stop) {
  const auto first = FirstObject(store, spec.path_prefix, stop);
  if (!first.ok()) return FailedTest(first.status());
  if (first->has_value()) {
    ReadOptions footer_only;
    footer_only.whole_object_bytes = footer_only.footer_bytes;
    const auto fetched =
        FetchObject(store, **first, footer_only, std::move(stop)).result();
    if (!fetched.ok() && !IsOfTheObjectAlone(ReasonOf(fetched.status()))) {
      return FailedTest(fetched.status());
    }
  }
  return {.success = true, .failure_code = {}, .failure_description = {}};
}

}  // namespace s3source
