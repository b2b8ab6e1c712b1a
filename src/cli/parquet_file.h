#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <memory>

namespace s3source {

/// A Parquet file that grows by row groups. Between them it holds no file descriptor and
/// little memory, so that thousands may be open. For one thread.
class ParquetFile {
 public:
  /// Creates the file; its folder exists. NotImplemented when Parquet has no form for a
  /// column.
  static arrow::Result<std::unique_ptr<ParquetFile>> Create(
      const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema);
  virtual ~ParquetFile() = default;

  /// Batches of exactly the schema; without rows nothing is written.
  virtual arrow::Status WriteRowGroup(const arrow::RecordBatchVector& batches) = 0;
  /// Bytes written until now.
  virtual int64_t bytes() const = 0;
  /// Writes the footer and flushes the file to the disk. Nothing may follow.
  virtual arrow::Status Close() = 0;
};

}  // namespace s3source
