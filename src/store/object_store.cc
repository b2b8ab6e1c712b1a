#include "store/object_store.h"

#include <fmt/format.h>

#include "cloudquery/log/printable.h"

namespace s3source {

arrow::Status CheckRange(const std::string& bucket, const Object& object,
                         ByteRange range) {
  const bool inside = range.offset >= 0 && range.length >= 0 &&
                      range.offset <= object.size_bytes &&
                      range.length <= object.size_bytes - range.offset;
  if (inside) return arrow::Status::OK();
  return arrow::Status::Invalid(fmt::format(
      "s3://{}/{}: bytes {}+{} lie outside of the object's {} bytes", bucket,
      cq::Printable(object.key), range.offset, range.length, object.size_bytes));
}

}  // namespace s3source
