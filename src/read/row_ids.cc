#include "read/row_ids.h"

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/type.h>
#include <xxhash.h>

#include <cstring>
#include <string>

#include "cloudquery/schema/extension_types.h"

namespace s3source {

namespace {

constexpr int64_t kIdBytes = 16;

void PutLittleEndian(uint64_t value, uint8_t* out) {
  for (int i = 0; i < 8; ++i) out[i] = static_cast<uint8_t>(value >> (8 * i));
}

void PutHash(const void* bytes, size_t size, uint8_t* out) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, size));
  std::memcpy(out, canonical.digest, kIdBytes);
}

}  // namespace

RowIds::RowIds(std::string_view bucket, const Object& object) {
  std::string input;
  for (std::string_view part :
       {bucket, std::string_view(object.key), std::string_view(object.etag)}) {
    uint8_t size[8];
    PutLittleEndian(part.size(), size);
    input.append(reinterpret_cast<const char*>(size), sizeof size);
    input.append(part);
  }
  PutHash(input.data(), input.size(), version_.data());
}

arrow::Result<std::shared_ptr<arrow::Array>> RowIds::Make(int64_t first_row,
                                                          int64_t count) const {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> ids,
                        arrow::AllocateBuffer(count * kIdBytes));
  uint8_t input[kIdBytes + 8];
  std::memcpy(input, version_.data(), kIdBytes);
  uint8_t* id = ids->mutable_data();
  for (int64_t row = first_row; row < first_row + count; ++row, id += kIdBytes) {
    PutLittleEndian(static_cast<uint64_t>(row), input + kIdBytes);
    PutHash(input, sizeof input, id);
    id[6] = static_cast<uint8_t>((id[6] & 0x0f) | 0x80);
    id[8] = static_cast<uint8_t>((id[8] & 0x3f) | 0x80);
  }
  return arrow::MakeArray(arrow::ArrayData::Make(cq::Uuid(), count, {nullptr, ids}, 0));
}

}  // namespace s3source
