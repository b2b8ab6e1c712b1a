#pragma once

#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>
#include <parquet/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "read/chunk_sequence.h"
#include "read/flat_column.h"
#include "read/text_builder.h"

namespace parquet {
class ColumnDescriptor;
class ParquetFileReader;
}  // namespace parquet

namespace s3source {

/// Reads one flat column of text or bytes, faster than the Parquet library's own way to
/// Arrow, which appends value by value: a page's dictionary indices are expanded in one
/// loop, and text is checked once for each value of a dictionary.
class TextColumn final : public FlatColumn {
 public:
  /// True for a column that this can read as `target`.
  static bool CanRead(const parquet::ColumnDescriptor& column,
                      const arrow::DataType& target);

  /// `file` and `pool` outlive this; `target` is utf8 or binary.
  TextColumn(parquet::ParquetFileReader* file, int column,
             std::shared_ptr<arrow::DataType> target, arrow::MemoryPool* pool);

  void Begin(const std::vector<int>& row_groups) override;
  arrow::Result<std::shared_ptr<arrow::Array>> Read(int64_t rows,
                                                    ColumnScratch* scratch) override;

 private:
  using Chunks = ChunkSequence<parquet::ByteArrayType>;

  Chunks::Reader* Next();
  bool IsDictionaryPage(Chunks::Reader* reader);
  arrow::Status ReadIndices(Chunks::Reader* reader, int64_t rows, ColumnScratch* scratch,
                            TextBuilder* builder);
  arrow::Status ReadValues(Chunks::Reader* reader, int64_t rows, ColumnScratch* scratch,
                           TextBuilder* builder);

  Chunks chunks_;
  bool nullable_;
  std::shared_ptr<arrow::DataType> target_;
  arrow::MemoryPool* pool_;

  size_t chunk_ = 0;  ///< the one that is read, and of it:
  TextDictionary dictionary_;
  bool plain_ = false;  ///< no more dictionary pages are expected
};

}  // namespace s3source
