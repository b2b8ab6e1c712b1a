#include "store/find_object.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "cloudquery/log/printable.h"
#include "store/fault.h"

namespace s3source {

arrow::Result<Object> FindObject(ObjectStore& store, const std::string& key,
                                 std::stop_token stop) {
  std::optional<Object> found;
  // A key stands before all others that begin with it, so the first page tells.
  const arrow::Status first_page = arrow::Status::AlreadyExists("the first page");
  const arrow::Status listed =
      store.List(key, std::move(stop), [&](const std::vector<Object>& page) {
        const auto at = std::ranges::find(page, key, &Object::key);
        if (at != page.end()) found = *at;
        return first_page;
      });
  if (!listed.ok() && listed != first_page) return listed;
  if (found.has_value()) return *std::move(found);
  return MakeFault(FaultReason::kGone, "s3://" + store.bucket() + "/" +
                                           cq::Printable(key) +
                                           ": deleted after it was listed");
}

}  // namespace s3source
