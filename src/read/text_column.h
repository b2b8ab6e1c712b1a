#pragma once

#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>
#include <parquet/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "read/text_builder.h"

namespace parquet {
class ColumnDescriptor;
class ParquetFileReader;
template <typename Type>
class TypedColumnReader;
}  // namespace parquet

namespace s3source {

/// Where columns that are read in turn put what they have decoded last.
struct TextScratch {
  std::vector<int16_t> levels;
  std::vector<int32_t> indices;
  std::vector<parquet::ByteArray> values;
};

/// Reads one flat column of text or bytes, faster than the Parquet library's own way to
/// Arrow, which appends value by value: a page's dictionary indices are expanded in one
/// loop, and text is checked once for each value of a dictionary. Members may throw what
/// the Parquet library throws. Not thread-safe.
class TextColumn {
 public:
  /// True for a column that this can read as `target`.
  static bool CanRead(const parquet::ColumnDescriptor& column,
                      const arrow::DataType& target);

  /// `file` and `pool` outlive this; `target` is utf8 or binary.
  TextColumn(parquet::ParquetFileReader* file, int column,
             std::shared_ptr<arrow::DataType> target, arrow::MemoryPool* pool);

  /// Goes to the first row of these row groups; none lets go of all memory.
  void Begin(const std::vector<int>& row_groups);
  /// The next `rows` rows, or all that are left, valid.
  arrow::Result<std::shared_ptr<arrow::Array>> Read(int64_t rows, TextScratch* scratch);

 private:
  using Reader = parquet::TypedColumnReader<parquet::ByteArrayType>;

  bool HasNext();
  bool IsDictionaryPage();
  arrow::Status ReadIndices(int64_t rows, TextScratch* scratch, TextBuilder* builder);
  arrow::Status ReadValues(int64_t rows, TextScratch* scratch, TextBuilder* builder);

  parquet::ParquetFileReader* file_;
  int column_;
  bool nullable_;
  std::shared_ptr<arrow::DataType> target_;
  arrow::MemoryPool* pool_;

  std::vector<int> row_groups_;
  size_t next_group_ = 0;
  std::shared_ptr<Reader> reader_;  ///< of one column chunk
  TextDictionary dictionary_;       ///< of the same
  bool plain_ = false;              ///< no more dictionary pages are expected in it
};

}  // namespace s3source
