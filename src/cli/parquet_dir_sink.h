#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/parquet_file.h"
#include "cloudquery/serve/source_plugin.h"

namespace s3source {

/// Writes a sync's rows to Parquet files, FOLDER/<table>/<run>-N.parquet with N from 1, a
/// table's next file when one has grown large or its columns have changed. A table
/// without rows gets no file. Rows wait in memory, within a bound, until they make a row
/// group. Thread-safe.
class ParquetDirSink final : public cq::SyncSink {
 public:
  struct Options {
    std::filesystem::path folder;    ///< exists
    std::string run;                 ///< begins the name of every file
    int64_t file_bytes = 256 << 20;  ///< a file that has reached this gets no more rows
    int64_t row_group_bytes = 64 << 20;  ///< of a table's rows in memory
    int64_t waiting_bytes = 256 << 20;   ///< of all tables' rows in memory
  };

  struct Counts {
    int64_t tables = 0;  ///< announced
    int64_t rows = 0;
    int64_t bytes = 0;  ///< written to files
    int64_t errors = 0;
  };

  explicit ParquetDirSink(Options options);
  ~ParquetDirSink() override;

  arrow::Status MigrateTable(const cq::Table& table) override;
  arrow::Status Insert(const std::string& table,
                       const arrow::RecordBatch& batch) override;
  arrow::Status Error(const std::string& table, const std::string& text) override;

  /// Writes what waits. The files, relative to the folder, complete and flushed to the
  /// disk. Once, when nobody calls anything else any more.
  arrow::Result<std::vector<std::string>> Finish();

  Counts counts() const;

 private:
  class TableFiles;

  arrow::Result<TableFiles*> Find(const std::string& table);
  arrow::Status MakeRoom();

  const Options options_;
  std::atomic<int64_t> waiting_bytes_ = 0;
  std::atomic<int64_t> rows_ = 0;
  std::atomic<int64_t> written_bytes_ = 0;
  std::atomic<int64_t> errors_ = 0;
  mutable std::mutex mutex_;  ///< guards the map, not what it points to
  std::map<std::string, std::unique_ptr<TableFiles>> tables_;
};

}  // namespace s3source
