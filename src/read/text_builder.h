#pragma once

#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>
#include <parquet/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "read/row_validity.h"

namespace s3source {

/// The values of a dictionary, of which rows hold indices. Looked at once, however many
/// rows there are.
class TextDictionary {
 public:
  /// A value of at most so many bytes, and zeros behind it.
  using ShortValue = std::array<uint8_t, 16>;

  TextDictionary() = default;
  /// The values and their bytes outlive this.
  explicit TextDictionary(std::span<const parquet::ByteArray> values);

  std::span<const parquet::ByteArray> values() const { return values_; }
  /// True when every value is UTF-8 by itself.
  bool is_utf8() const { return is_utf8_; }
  /// At a value that begins here or before, 16 bytes can be read whatever its length.
  /// Null: at none that anything is known of.
  const uint8_t* last_wide() const { return last_wide_; }
  /// The values once more, where they are few and all short; else none. Side by side in
  /// memory of their own they are read without looking at their lengths.
  std::span<const ShortValue> short_values() const { return short_values_; }

 private:
  void KeepShortValues();

  std::span<const parquet::ByteArray> values_;
  std::vector<ShortValue> short_values_;
  bool is_utf8_ = true;
  const uint8_t* last_wide_ = nullptr;
};

/// Builds an array of utf8 or binary from what the pages of a flat Parquet column hold.
/// Every Append takes the definition levels of its rows (1: a value, 0: null; none when
/// no row is null) and the values of those that have one: as many, or Invalid. After an
/// error it is of no use.
class TextBuilder {
 public:
  /// Room for `rows` rows in memory of `pool`, which outlives this.
  static arrow::Result<TextBuilder> Make(int64_t rows, arrow::MemoryPool* pool);

  /// Values by their place in a dictionary; Invalid when one lies outside of it.
  /// CapacityError when the bytes no longer fit 32-bit offsets; nothing is allocated
  /// then.
  arrow::Status AppendIndices(std::span<const int16_t> levels,
                              std::span<const int32_t> indices,
                              const TextDictionary& dictionary);
  /// Values as they are. Their bytes are copied.
  arrow::Status AppendValues(std::span<const int16_t> levels,
                             std::span<const parquet::ByteArray> values);

  int64_t rows() const { return validity_.rows(); }

  /// An array of `type`, utf8 or binary, that is valid. Invalid when text is not UTF-8.
  arrow::Result<std::shared_ptr<arrow::Array>> Finish(
      const std::shared_ptr<arrow::DataType>& type);

 private:
  TextBuilder(int64_t capacity, arrow::MemoryPool* pool) : validity_(capacity, pool) {}

  arrow::Status Reserve(int64_t bytes);
  template <typename CopyValue>
  void Copy(std::span<const int16_t> levels, int64_t values, CopyValue copy_value);

  RowValidity validity_;
  int64_t bytes_ = 0;
  bool is_utf8_ = true;  ///< false: it has to be looked at
  std::shared_ptr<arrow::ResizableBuffer> offsets_;
  std::shared_ptr<arrow::ResizableBuffer> data_;
};

}  // namespace s3source
