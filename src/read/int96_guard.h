#pragma once

#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace parquet {
class FileMetaData;
class ReaderProperties;
namespace arrow {
class FileReader;
}  // namespace arrow
}  // namespace parquet

namespace s3source {

class RangeFile;

/// Finds INT96 instants that nanoseconds since 1970 cannot express (years before 1677 and
/// after 2262, such as the 9999-12-31 that some writers mean "never" by): the Parquet
/// library would give others for them. Reads the INT96 columns once more, in seconds, in
/// step with the reader of all columns: what one of the two has read, the other reads
/// soon.
class Int96Guard {
 public:
  /// True when a file has INT96 columns.
  static bool IsNeeded(const parquet::FileMetaData& footer);

  /// `pool` outlives the guard. May throw what the Parquet library throws, as may the
  /// others.
  static arrow::Result<Int96Guard> Open(
      const std::shared_ptr<RangeFile>& file, const parquet::ReaderProperties& properties,
      const std::shared_ptr<parquet::FileMetaData>& footer, arrow::MemoryPool* pool);
  Int96Guard(Int96Guard&&) noexcept;
  Int96Guard& operator=(Int96Guard&&) noexcept;
  ~Int96Guard();

  /// Goes to the first row of these row groups.
  arrow::Status Begin(const std::vector<int>& row_groups);
  /// Invalid when a value of the next `rows` rows is out of range.
  arrow::Status Check(int64_t rows);

 private:
  Int96Guard();

  arrow::Status CheckBatch(const arrow::RecordBatch& batch) const;

  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  std::vector<int> columns_;
  int64_t due_ = 0;  ///< rows to check; below 0 when more were checked than asked
};

}  // namespace s3source
