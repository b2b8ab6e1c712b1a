#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "store/object.h"

namespace s3source {

/// Gives each row of an object its `_cq_id`: a UUID of version 8 (RFC 9562) from the XXH3-128 of
/// bucket, key, ETag and the row's number in the object. The same row of the same version always gets
/// the same id; another version of the object gets others.
class RowIds {
 public:
  RowIds(std::string_view bucket, const Object& object);

  /// Ids of the rows [first_row, first_row + count) as an array of cq::Uuid().
  arrow::Result<std::shared_ptr<arrow::Array>> Make(int64_t first_row, int64_t count) const;

 private:
  uint64_t low_;
  uint64_t high_;
};

}  // namespace s3source
