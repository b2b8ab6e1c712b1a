#include "read/row_ids.h"

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/type.h>

#include <cstring>
#include <string>

#include "cloudquery/schema/extension_types.h"
#include "store/canonical_hash.h"

namespace s3source {

namespace {

constexpr int64_t kIdBytes = 16;

}  // namespace

RowIds::RowIds(std::string_view bucket, const Object& object) {
  std::string input;
  AppendSized(bucket, &input);
  AppendSized(object.key, &input);
  AppendSized(object.etag, &input);
  version_ = CanonicalHash(input);
}

arrow::Result<std::shared_ptr<arrow::Array>> RowIds::Make(int64_t first_row,
                                                          int64_t count) const {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> ids,
                        arrow::AllocateBuffer(count * kIdBytes));
  uint8_t input[kIdBytes + 8];
  std::memcpy(input, version_.data(), kIdBytes);
  uint8_t* id = ids->mutable_data();
  for (int64_t row = first_row; row < first_row + count; ++row, id += kIdBytes) {
    const auto number = LittleEndian(static_cast<uint64_t>(row));
    std::memcpy(input + kIdBytes, number.data(), number.size());
    std::memcpy(id, CanonicalHash(input, sizeof input).data(), kIdBytes);
    id[6] = static_cast<uint8_t>((id[6] & 0x0f) | 0x80);
    id[8] = static_cast<uint8_t>((id[8] & 0x3f) | 0x80);
  }
  return arrow::MakeArray(arrow::ArrayData::Make(cq::Uuid(), count, {nullptr, ids}, 0));
}

}  // namespace s3source
