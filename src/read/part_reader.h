#pragma once

#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "read/file_plan.h"
#include "read/flat_column.h"

namespace parquet::arrow {
class FileReader;
}  // namespace parquet::arrow

namespace s3source {

/// Reads the columns of a file, part by part and batch by batch: flat ones of text and
/// numbers by a FlatColumn, the others by the Parquet library. Members may throw what the
/// library throws. Not thread-safe.
class PartReader {
 public:
  /// `file` and `pool` outlive this. `target` is the form in which the file's columns go
  /// to destinations.
  PartReader(parquet::arrow::FileReader* file, std::shared_ptr<arrow::Schema> target,
             arrow::MemoryPool* pool);
  ~PartReader();
  PartReader(const PartReader&) = delete;
  PartReader& operator=(const PartReader&) = delete;

  /// Goes to the first row of `part`.
  arrow::Status Begin(const FilePart& part);
  /// After Begin, until End.
  bool in_part() const { return in_part_; }
  /// Lets go of what is held of the part.
  void End();

  /// Arrays of one length, one for each column.
  struct Columns {
    int64_t rows = 0;
    std::vector<std::shared_ptr<arrow::Array>> arrays;
  };
  /// The next rows, `rows` at most; 0 rows at the end of the part.
  arrow::Result<Columns> Next(int64_t rows);
  /// True when Next gives this column in the target's type and valid, and else as the
  /// library reads it.
  bool IsFinal(int column) const { return flat_columns_[column] != nullptr; }

 private:
  arrow::Status ReadOthers(int64_t rows, Columns* columns);

  parquet::arrow::FileReader* file_;
  std::shared_ptr<arrow::Schema> target_;
  std::vector<std::unique_ptr<FlatColumn>> flat_columns_;  ///< null: one of the others
  ColumnScratch scratch_;
  std::vector<int> other_leaves_;  ///< Parquet's columns of the others
  std::unique_ptr<arrow::RecordBatchReader> others_;
  int64_t rows_left_ = 0;  ///< of the part, as the footer says
  bool in_part_ = false;
};

}  // namespace s3source
