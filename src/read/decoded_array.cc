#include "read/decoded_array.h"

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/type.h>

namespace s3source {

arrow::Status CheckDecoded(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::DATE32:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DURATION:
    case arrow::Type::FIXED_SIZE_BINARY:
      return array.Validate();
    default:
      return array.ValidateFull();
  }
}

int64_t BufferBytes(const arrow::ArrayData& array) {
  int64_t bytes = 0;
  for (const auto& buffer : array.buffers) {
    if (buffer != nullptr) bytes += buffer->size();
  }
  for (const auto& child : array.child_data) bytes += BufferBytes(*child);
  if (array.dictionary != nullptr) bytes += BufferBytes(*array.dictionary);
  return bytes;
}

}  // namespace s3source
