#pragma once

#include <arrow/memory_pool.h>
#include <arrow/type_fwd.h>

#include <memory>

#include "read/flat_column.h"

namespace parquet {
class ParquetFileReader;
}  // namespace parquet

namespace s3source {

/// A reader of a flat column of numbers: of those whose values have the same bytes in
/// Parquet as in Arrow (numbers of 32 and 64 bits, dates and instants), which are decoded
/// to where they stay, and of decimals of up to 16 bytes, which Parquet stores with the
/// highest byte first (LogicalTypes.md, DECIMAL). Null for a column that is not read like
/// this. `source` is the column's type as the Parquet library reads it, `target` the one
/// to read. `file` and `pool` outlive the reader.
std::unique_ptr<FlatColumn> MakeNumberColumn(
    parquet::ParquetFileReader* file, int column, const arrow::DataType& source,
    const std::shared_ptr<arrow::DataType>& target, arrow::MemoryPool* pool);

}  // namespace s3source
