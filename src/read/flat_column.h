#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>
#include <parquet/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace parquet {
class ColumnDescriptor;
}  // namespace parquet

namespace s3source {

/// Where columns that are read in turn put what they have decoded last.
struct ColumnScratch {
  std::vector<int16_t> levels;
  std::vector<int32_t> indices;
  std::vector<parquet::ByteArray> values;
  std::vector<parquet::FixedLenByteArray> fixed_values;
};

/// `values`, with room for `count` of them at least.
template <typename Value>
Value* RoomFor(int64_t count, std::vector<Value>* values) {
  if (values->size() < static_cast<size_t>(count)) values->resize(count);
  return values->data();
}

/// Of a page that ends before its values do.
arrow::Status TooFewValues();

/// True for a column of the top level that is neither repeated nor nested.
bool IsFlat(const parquet::ColumnDescriptor& column);

/// Reads one flat column without the Parquet library's own way to Arrow. Members may
/// throw what the Parquet library throws. Not thread-safe.
class FlatColumn {
 public:
  virtual ~FlatColumn() = default;

  /// Goes to the first row of these row groups; none lets go of all memory.
  virtual void Begin(const std::vector<int>& row_groups) = 0;
  /// The next `rows` rows, or all that are left, valid.
  virtual arrow::Result<std::shared_ptr<arrow::Array>> Read(int64_t rows,
                                                            ColumnScratch* scratch) = 0;
};

}  // namespace s3source
