#pragma once

#include <arrow/io/type_fwd.h>
#include <arrow/memory_pool.h>
#include <arrow/result.h>

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

/// Finds INT96 instants that nanoseconds since 1970 cannot express (years before 1677 and
/// after 2262, such as the 9999-12-31 that some writers mean "never" by): the Parquet
/// library would give others for them. Reads the INT96 columns once more, in seconds.
class Int96Guard {
 public:
  /// True when a file has INT96 columns.
  static bool IsNeeded(const parquet::FileMetaData& footer);

  /// `pool` outlives the guard. May throw what the Parquet library throws, as may Check.
  static arrow::Result<Int96Guard> Open(
      const std::shared_ptr<arrow::io::RandomAccessFile>& file,
      const parquet::ReaderProperties& properties,
      const std::shared_ptr<parquet::FileMetaData>& footer, arrow::MemoryPool* pool);
  Int96Guard(Int96Guard&&) noexcept;
  Int96Guard& operator=(Int96Guard&&) noexcept;
  ~Int96Guard();

  /// Invalid when a value of these row groups is out of range.
  arrow::Status Check(const std::vector<int>& row_groups);

 private:
  Int96Guard();

  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::vector<int> columns_;
};

}  // namespace s3source
