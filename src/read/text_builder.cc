#include "read/text_builder.h"

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/type.h>
#include <arrow/util/utf8.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace s3source {

namespace {

using parquet::ByteArray;

/// Short values are copied as so many bytes, whatever their length: one instruction.
constexpr int64_t kWide = sizeof(TextDictionary::ShortValue);
/// So many short values are copied once more, whatever the number of rows.
constexpr size_t kFewValues = 1024;
constexpr int64_t kMaxBytes = std::numeric_limits<int32_t>::max();

bool IsAscii(const uint8_t* bytes, int64_t size) {
  uint8_t all = 0;
  for (int64_t i = 0; i < size; ++i) all |= bytes[i];
  return all < 0x80;
}

/// Writes no more than kWide bytes behind the value.
inline uint32_t CopyValue(uint8_t* out, const ByteArray& value,
                          const uint8_t* last_wide) {
  if (value.len == kWide || (value.len < kWide && value.ptr <= last_wide)) {
    std::memcpy(out, value.ptr, kWide);
  } else if (value.len > 0) {
    std::memcpy(out, value.ptr, value.len);
  }
  return value.len;
}

}  // namespace

TextDictionary::TextDictionary(std::span<const ByteArray> values) : values_(values) {
  arrow::util::InitializeUTF8();  // without it, all bytes pass for UTF-8
  bool adjacent = !values.empty();
  for (size_t i = 0; i < values.size(); ++i) {
    is_utf8_ = is_utf8_ && arrow::util::ValidateUTF8(values[i].ptr, values[i].len);
    adjacent =
        adjacent && (i == 0 || values[i].ptr == values[i - 1].ptr + values[i - 1].len);
  }
  KeepShortValues();
  if (!adjacent) return;
  const uint8_t* begin = values.front().ptr;
  const uint8_t* end = values.back().ptr + values.back().len;
  if (end - begin >= kWide) last_wide_ = end - kWide;
}

void TextDictionary::KeepShortValues() {
  const auto is_short = [](const ByteArray& value) { return value.len <= kWide; };
  if (values_.size() > kFewValues || !std::ranges::all_of(values_, is_short)) return;
  short_values_.resize(values_.size());
  for (size_t i = 0; i < values_.size(); ++i) {
    std::copy_n(values_[i].ptr, values_[i].len, short_values_[i].begin());
  }
}

arrow::Result<TextBuilder> TextBuilder::Make(int64_t rows, arrow::MemoryPool* pool) {
  TextBuilder builder(rows, pool);
  ARROW_ASSIGN_OR_RAISE(builder.offsets_, arrow::AllocateResizableBuffer(
                                              (rows + 1) * sizeof(int32_t), pool));
  ARROW_ASSIGN_OR_RAISE(builder.data_, arrow::AllocateResizableBuffer(0, pool));
  builder.offsets_->mutable_data_as<int32_t>()[0] = 0;
  return builder;
}

arrow::Status TextBuilder::Reserve(int64_t bytes) {
  if (bytes > kMaxBytes - bytes_) {
    return arrow::Status::CapacityError(
        validity_.capacity(), " rows hold ", bytes_ + bytes,
        " bytes in one column, more than the 2 GiB that fit one batch");
  }
  const int64_t wanted = bytes_ + bytes + kWide;
  if (wanted <= data_->size()) return arrow::Status::OK();
  return data_->Resize(std::max(wanted, std::min(2 * data_->size(), kMaxBytes)),
                       /*shrink_to_fit=*/false);
}

/// `copy_value(i, out)` copies the value i and tells its length.
template <typename CopyValue>
void TextBuilder::Copy(std::span<const int16_t> levels, int64_t values,
                       CopyValue copy_value) {
  const auto rows = levels.empty() ? values : static_cast<int64_t>(levels.size());
  auto* offset = offsets_->mutable_data_as<int32_t>() + validity_.rows() - rows + 1;
  uint8_t* const data = data_->mutable_data();
  int64_t end = bytes_;
  if (rows == values) {
    for (int64_t row = 0; row < rows; ++row) {
      end += copy_value(row, data + end);
      offset[row] = static_cast<int32_t>(end);
    }
  } else {
    int64_t value = 0;
    for (int64_t row = 0; row < rows; ++row) {
      if (levels[row] == 1) end += copy_value(value++, data + end);
      offset[row] = static_cast<int32_t>(end);
    }
  }
  bytes_ = end;
}

arrow::Status TextBuilder::AppendIndices(std::span<const int16_t> levels,
                                         std::span<const int32_t> indices,
                                         const TextDictionary& dictionary) {
  const auto count = static_cast<int64_t>(indices.size());
  uint32_t largest = 0;  // a negative index is larger than any
  for (const int32_t index : indices)
    largest = std::max(largest, static_cast<uint32_t>(index));
  const std::span<const ByteArray> values = dictionary.values();
  if (count > 0 && largest >= values.size()) {
    return arrow::Status::Invalid("a page of it holds the index ", largest,
                                  " into a dictionary of ", values.size(), " values");
  }
  int64_t bytes = 0;
  for (const int32_t index : indices) bytes += values[index].len;
  ARROW_RETURN_NOT_OK(Reserve(bytes));
  ARROW_RETURN_NOT_OK(validity_.Append(levels, count));
  is_utf8_ = is_utf8_ && dictionary.is_utf8();
  if (const auto short_values = dictionary.short_values(); !short_values.empty()) {
    Copy(levels, count, [&](int64_t i, uint8_t* out) {
      std::memcpy(out, short_values[indices[i]].data(), kWide);
      return values[indices[i]].len;
    });
  } else {
    Copy(levels, count, [&](int64_t i, uint8_t* out) {
      return CopyValue(out, values[indices[i]], dictionary.last_wide());
    });
  }
  return arrow::Status::OK();
}

arrow::Status TextBuilder::AppendValues(std::span<const int16_t> levels,
                                        std::span<const ByteArray> values) {
  const auto count = static_cast<int64_t>(values.size());
  int64_t bytes = 0;
  for (const ByteArray& value : values) bytes += value.len;
  ARROW_RETURN_NOT_OK(Reserve(bytes));
  ARROW_RETURN_NOT_OK(validity_.Append(levels, count));
  if (count > 0) is_utf8_ = false;
  Copy(levels, count,
       [&](int64_t i, uint8_t* out) { return CopyValue(out, values[i], nullptr); });
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::Array>> TextBuilder::Finish(
    const std::shared_ptr<arrow::DataType>& type) {
  // What is left over is given back only when it is worth a copy.
  const bool shrink = data_->size() - bytes_ > bytes_ / 4 + 64;
  ARROW_RETURN_NOT_OK(data_->Resize(bytes_, shrink));
  ARROW_RETURN_NOT_OK(offsets_->Resize((rows() + 1) * sizeof(int32_t),
                                       4 * rows() < 3 * validity_.capacity()));
  auto array = arrow::MakeArray(arrow::ArrayData::Make(
      type, rows(), {validity_.Finish(), std::move(offsets_), std::move(data_)},
      validity_.nulls()));
  const arrow::Buffer& data = *array->data()->buffers[2];
  if (type->id() == arrow::Type::STRING && !is_utf8_ &&
      !IsAscii(data.data(), data.size())) {
    ARROW_RETURN_NOT_OK(array->ValidateFull());
  }
  return array;
}

}  // namespace s3source
