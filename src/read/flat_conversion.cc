#include "read/flat_conversion.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>
#include <arrow/util/checked_cast.h>
#include <arrow/util/decimal.h>
#include <arrow/util/float16.h>

#include <cstring>
#include <limits>
#include <string_view>

namespace s3source {

namespace {

using arrow::ArrayData;
using arrow::Buffer;
using arrow::internal::checked_cast;
using ArrayPtr = std::shared_ptr<arrow::Array>;
using BufferPtr = std::shared_ptr<Buffer>;
using TypePtr = std::shared_ptr<arrow::DataType>;

constexpr int64_t kMaxBytes = std::numeric_limits<int32_t>::max();

arrow::Status TooManyBytes(int64_t rows, int64_t bytes) {
  return arrow::Status::CapacityError(
      rows, " rows hold ", bytes,
      " bytes in one column, more than the 2 GiB that fit one batch");
}

ArrayPtr FromZero(const TypePtr& type, const ArrayData& like,
                  std::vector<BufferPtr> buffers) {
  const int64_t nulls = buffers[0] == nullptr ? 0 : like.GetNullCount();
  return arrow::MakeArray(ArrayData::Make(type, like.length, std::move(buffers), nulls));
}

template <typename Builder>
arrow::Result<ArrayPtr> CopyViews(const arrow::BinaryViewArray& views,
                                  arrow::MemoryPool* pool) {
  int64_t bytes = 0;
  for (int64_t i = 0; i < views.length(); ++i) {
    if (views.IsValid(i)) bytes += static_cast<int64_t>(views.GetView(i).size());
  }
  if (bytes > kMaxBytes) return TooManyBytes(views.length(), bytes);
  Builder builder(pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(views.length()));
  ARROW_RETURN_NOT_OK(builder.ReserveData(bytes));
  for (int64_t i = 0; i < views.length(); ++i) {
    if (views.IsValid(i)) {
      builder.UnsafeAppend(views.GetView(i));
    } else {
      builder.UnsafeAppendNull();
    }
  }
  return builder.Finish();
}

/// `rows` of which each valid one has `width` bytes of `values`, without the others.
arrow::Result<BufferPtr> ValidValues(const ArrayData& array, const uint8_t* values,
                                     int64_t width, arrow::MemoryPool* pool) {
  const int64_t valid = array.length - array.GetNullCount();
  ARROW_ASSIGN_OR_RAISE(BufferPtr kept, arrow::AllocateBuffer(valid * width, pool));
  uint8_t* out = kept->mutable_data();
  for (int64_t i = 0; i < array.length; ++i) {
    if (!array.IsValid(i)) continue;
    std::memcpy(out, values + i * width, static_cast<size_t>(width));
    out += width;
  }
  return kept;
}

template <typename Value>
void WidenValues(const ArrayData& array, uint8_t* out) {
  const Value* values = array.GetValues<Value>(1);
  for (int64_t i = 0; i < array.length; ++i, out += 16) {
    arrow::Decimal128(array.IsValid(i) ? values[i] : 0).ToBytes(out);
  }
}

}  // namespace

arrow::Result<BufferPtr> ValidityFromZero(const ArrayData& array,
                                          arrow::MemoryPool* pool) {
  if (array.GetNullCount() == 0 || array.buffers[0] == nullptr) return BufferPtr();
  if (array.offset == 0) return array.buffers[0];
  return arrow::internal::CopyBitmap(pool, array.buffers[0]->data(), array.offset,
                                     array.length);
}

arrow::Result<ArrayPtr> NarrowOffsets(const ArrayData& array, const TypePtr& target,
                                      arrow::MemoryPool* pool) {
  if (array.length == 0) return arrow::MakeEmptyArray(target, pool);
  const int64_t* wide = array.GetValues<int64_t>(1);
  const int64_t first = wide[0];
  const int64_t bytes = wide[array.length] - first;
  if (bytes > kMaxBytes) return TooManyBytes(array.length, bytes);
  ARROW_ASSIGN_OR_RAISE(
      BufferPtr offsets,
      arrow::AllocateBuffer((array.length + 1) * sizeof(int32_t), pool));
  auto* narrow = offsets->mutable_data_as<int32_t>();
  for (int64_t i = 0; i <= array.length; ++i) {
    narrow[i] = static_cast<int32_t>(wide[i] - first);
  }
  BufferPtr values = std::make_shared<Buffer>(std::string_view(""));
  if (bytes > 0) values = arrow::SliceBuffer(array.buffers[2], first, bytes);
  ARROW_ASSIGN_OR_RAISE(BufferPtr validity, ValidityFromZero(array, pool));
  return FromZero(target, array, {validity, offsets, values});
}

arrow::Result<ArrayPtr> ViewsToOffsets(const arrow::Array& array, const TypePtr& target,
                                       arrow::MemoryPool* pool) {
  const auto& views = checked_cast<const arrow::BinaryViewArray&>(array);
  if (target->id() == arrow::Type::STRING)
    return CopyViews<arrow::StringBuilder>(views, pool);
  return CopyViews<arrow::BinaryBuilder>(views, pool);
}

arrow::Result<ArrayPtr> FixedSizeToBinary(const ArrayData& array,
                                          arrow::MemoryPool* pool) {
  const int64_t width =
      checked_cast<const arrow::FixedSizeBinaryType&>(*array.type).byte_width();
  if (array.length * width > kMaxBytes)
    return TooManyBytes(array.length, array.length * width);
  ARROW_ASSIGN_OR_RAISE(
      BufferPtr offsets,
      arrow::AllocateBuffer((array.length + 1) * sizeof(int32_t), pool));
  auto* offset = offsets->mutable_data_as<int32_t>();
  offset[0] = 0;
  for (int64_t i = 0; i < array.length; ++i) {
    offset[i + 1] = offset[i] + (array.IsValid(i) ? static_cast<int32_t>(width) : 0);
  }
  BufferPtr values = std::make_shared<Buffer>(std::string_view(""));
  if (width > 0 && array.length > 0) {
    const int64_t begin = array.offset * width;
    if (array.GetNullCount() == 0) {
      values = arrow::SliceBuffer(array.buffers[1], begin, array.length * width);
    } else {
      ARROW_ASSIGN_OR_RAISE(
          values, ValidValues(array, array.buffers[1]->data() + begin, width, pool));
    }
  }
  ARROW_ASSIGN_OR_RAISE(BufferPtr validity, ValidityFromZero(array, pool));
  return FromZero(arrow::binary(), array, {validity, offsets, values});
}

arrow::Result<ArrayPtr> HalfToFloat(const ArrayData& array, arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(BufferPtr values,
                        arrow::AllocateBuffer(array.length * sizeof(float), pool));
  const auto* halves = array.GetValues<uint16_t>(1);
  auto* floats = values->mutable_data_as<float>();
  for (int64_t i = 0; i < array.length; ++i) {
    floats[i] =
        array.IsValid(i) ? arrow::util::Float16::FromBits(halves[i]).ToFloat() : 0;
  }
  ARROW_ASSIGN_OR_RAISE(BufferPtr validity, ValidityFromZero(array, pool));
  return FromZero(arrow::float32(), array, {validity, values});
}

arrow::Result<ArrayPtr> WidenDecimal(const ArrayData& array, const TypePtr& target,
                                     arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(BufferPtr values, arrow::AllocateBuffer(array.length * 16, pool));
  if (array.type->id() == arrow::Type::DECIMAL32) {
    WidenValues<int32_t>(array, values->mutable_data());
  } else {
    WidenValues<int64_t>(array, values->mutable_data());
  }
  ARROW_ASSIGN_OR_RAISE(BufferPtr validity, ValidityFromZero(array, pool));
  return FromZero(target, array, {validity, values});
}

arrow::Result<ArrayPtr> Int8ToBool(const ArrayData& array, arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(BufferPtr values, arrow::AllocateEmptyBitmap(array.length, pool));
  const auto* bytes = array.GetValues<int8_t>(1);
  for (int64_t i = 0; i < array.length; ++i) {
    arrow::bit_util::SetBitTo(values->mutable_data(), i,
                              array.IsValid(i) && bytes[i] != 0);
  }
  ARROW_ASSIGN_OR_RAISE(BufferPtr validity, ValidityFromZero(array, pool));
  return FromZero(arrow::boolean(), array, {validity, values});
}

}  // namespace s3source
