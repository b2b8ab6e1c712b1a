#include "read/decoded_array.h"

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/type.h>
#include <arrow/util/checked_cast.h>

#include <memory>
#include <span>

#include "read/source_types.h"

namespace s3source {

namespace {

/// The same with bytes in place of text; null for other types than text and lists of it.
std::shared_ptr<arrow::DataType> WithoutText(const arrow::DataType& type) {
  if (type.id() == arrow::Type::STRING) return arrow::binary();
  if (type.id() != arrow::Type::LIST) return nullptr;
  const auto& field =
      arrow::internal::checked_cast<const arrow::ListType&>(type).value_field();
  if (field->type()->id() != arrow::Type::STRING) return nullptr;
  return arrow::list(field->WithType(arrow::binary()));
}

/// Of text, or of lists of it.
bool HasOnlyAscii(const arrow::ArrayData& array) {
  if (!array.child_data.empty()) return HasOnlyAscii(*array.child_data[0]);
  const auto& buffer = array.buffers[2];
  if (buffer == nullptr) return true;
  const std::span<const uint8_t> bytes(buffer->data(), buffer->size());
  uint8_t any = 0;
  for (const uint8_t byte : bytes) any |= byte;
  return any < 0x80;
}

/// ValidateFull, which looks at each text for itself: a third of it is saved where all
/// bytes together tell already that there is nothing but characters.
arrow::Status Validate(const arrow::Array& array) {
  const auto bytes = WithoutText(*array.type());
  if (bytes == nullptr || !HasOnlyAscii(*array.data())) return array.ValidateFull();
  return arrow::MakeArray(Relabel(*array.data(), bytes))->ValidateFull();
}

}  // namespace

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
      return Validate(array);
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
