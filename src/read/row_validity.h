#pragma once

#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace s3source {

/// Which rows of a flat column have a value, from the definition levels of its pages.
/// There is no bitmap until a null comes.
class RowValidity {
 public:
  /// Of at most `capacity` rows. `pool` outlives this.
  RowValidity(int64_t capacity, arrow::MemoryPool* pool)
      : capacity_(capacity), pool_(pool) {}

  int64_t capacity() const { return capacity_; }
  int64_t rows() const { return rows_; }
  int64_t nulls() const { return nulls_; }

  /// Rows of which `values` have one: by their levels (1: a value, 0: null), or all of
  /// them when there are no levels. Invalid when levels and values do not agree, or when
  /// there are too many rows; nothing is appended then.
  arrow::Status Append(std::span<const int16_t> levels, int64_t values);

  /// Null when no row is.
  std::shared_ptr<arrow::Buffer> Finish() { return std::move(bitmap_); }

 private:
  int64_t capacity_;
  arrow::MemoryPool* pool_;
  int64_t rows_ = 0;
  int64_t nulls_ = 0;
  std::shared_ptr<arrow::Buffer> bitmap_;
};

}  // namespace s3source
