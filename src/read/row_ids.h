#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "store/object.h"

namespace s3source {

/// Gives each row of an object its `_cq_id`: a UUID of version 8 (RFC 9562) from the
/// XXH3-128 of bucket, key, ETag and the row's number in the object. The same row of the
/// same version always gets the same id; another version of the object gets others.
///
/// Exactly, the same on every platform, and never to be changed (u64le is eight bytes,
/// lowest first; XXH3 is XXH3-128 without seed, as the 16 bytes of its canonical,
/// big-endian form):
///
///     version = XXH3(u64le(size of bucket) bucket  u64le(size of key) key  u64le(size of
///     etag) etag) id      = XXH3(version u64le(row))           row 0 is the object's
///     first
///
/// with the upper four bits of id[6] set to 8 and the upper two bits of id[8] set to
/// binary 10.
class RowIds {
 public:
  RowIds(std::string_view bucket, const Object& object);

  /// Ids of the rows [first_row, first_row + count) as an array of cq::Uuid().
  arrow::Result<std::shared_ptr<arrow::Array>> Make(int64_t first_row,
                                                    int64_t count) const;

 private:
  std::array<uint8_t, 16> version_;
};

}  // namespace s3source
