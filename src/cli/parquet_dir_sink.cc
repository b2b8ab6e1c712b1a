#include "cli/parquet_dir_sink.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>

#include <utility>

#include "cli/durable_file.h"
#include "cli/parquet_form.h"
#include "cloudquery/log/printable.h"

namespace s3source {

/// One table: its rows that wait and the file they go to. Thread-safe; calls of one table
/// wait for each other.
class ParquetDirSink::TableFiles {
 public:
  TableFiles(ParquetDirSink& sink, std::string name)
      : sink_(sink), name_(std::move(name)) {}

  arrow::Status Announce(std::shared_ptr<arrow::Schema> schema) {
    std::lock_guard lock(mutex_);
    if (schema_ != nullptr && schema_->Equals(*schema)) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(WriteWaiting());
    ARROW_RETURN_NOT_OK(CloseFile());
    schema_ = std::move(schema);
    return arrow::Status::OK();
  }

  arrow::Status Add(const arrow::RecordBatch& batch) {
    std::lock_guard lock(mutex_);
    ARROW_ASSIGN_OR_RAISE(auto rows, InParquetForm(batch, schema_));
    ARROW_ASSIGN_OR_RAISE(const int64_t bytes, arrow::util::ReferencedBufferSize(*rows));
    waiting_.push_back(std::move(rows));
    waiting_bytes_ += bytes;
    sink_.waiting_bytes_ += bytes;
    if (waiting_bytes_ < sink_.options_.row_group_bytes) return arrow::Status::OK();
    return WriteWaiting();
  }

  /// Writes what waits, as one row group.
  arrow::Status Flush() {
    std::lock_guard lock(mutex_);
    return WriteWaiting();
  }

  arrow::Status Finish() {
    std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(WriteWaiting());
    return CloseFile();
  }

  int64_t waiting_bytes() const { return waiting_bytes_; }
  const std::vector<std::string>& files() const { return files_; }

 private:
  arrow::Status WriteWaiting() {
    if (waiting_.empty()) return arrow::Status::OK();
    if (file_ == nullptr) ARROW_RETURN_NOT_OK(OpenFile());
    const int64_t before = file_->bytes();
    ARROW_RETURN_NOT_OK(file_->WriteRowGroup(waiting_));
    sink_.written_bytes_ += file_->bytes() - before;
    waiting_.clear();
    sink_.waiting_bytes_ -= waiting_bytes_.exchange(0);
    if (file_->bytes() < sink_.options_.file_bytes) return arrow::Status::OK();
    return CloseFile();
  }

  arrow::Status OpenFile() {
    const std::string file = name_ + "/" + sink_.options_.run + "-" +
                             std::to_string(files_.size() + 1) + ".parquet";
    const std::filesystem::path path = sink_.options_.folder / file;
    ARROW_RETURN_NOT_OK(MakeFolder(path.parent_path()));
    ARROW_ASSIGN_OR_RAISE(file_, ParquetFile::Create(path, schema_));
    sink_.written_bytes_ += file_->bytes();
    files_.push_back(file);
    return arrow::Status::OK();
  }

  arrow::Status CloseFile() {
    if (file_ == nullptr) return arrow::Status::OK();
    const int64_t before = file_->bytes();
    ARROW_RETURN_NOT_OK(file_->Close());
    sink_.written_bytes_ += file_->bytes() - before;
    file_ = nullptr;
    return arrow::Status::OK();
  }

  ParquetDirSink& sink_;
  const std::string name_;
  std::mutex mutex_;
  std::shared_ptr<arrow::Schema> schema_;
  arrow::RecordBatchVector waiting_;
  std::atomic<int64_t> waiting_bytes_ = 0;
  std::unique_ptr<ParquetFile> file_;
  std::vector<std::string> files_;
};

ParquetDirSink::ParquetDirSink(Options options) : options_(std::move(options)) {}
ParquetDirSink::~ParquetDirSink() = default;

arrow::Status ParquetDirSink::MigrateTable(const cq::Table& table) {
  TableFiles* files = nullptr;
  {
    std::lock_guard lock(mutex_);
    auto& entry = tables_[table.name];
    if (entry == nullptr) entry = std::make_unique<TableFiles>(*this, table.name);
    files = entry.get();
  }
  return files->Announce(ParquetSchema(table));
}

arrow::Result<ParquetDirSink::TableFiles*> ParquetDirSink::Find(
    const std::string& table) {
  std::lock_guard lock(mutex_);
  const auto found = tables_.find(table);
  if (found != tables_.end()) return found->second.get();
  return arrow::Status::Invalid("rows of table ", cq::Printable(table),
                                ", which was not announced");
}

arrow::Status ParquetDirSink::Insert(const std::string& table,
                                     const arrow::RecordBatch& batch) {
  if (batch.num_rows() == 0) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(TableFiles * files, Find(table));
  const arrow::Status added = files->Add(batch);
  if (!added.ok()) {
    return added.WithMessage("table ", cq::Printable(table), ": ", added.message());
  }
  rows_ += batch.num_rows();
  return MakeRoom();
}

arrow::Status ParquetDirSink::MakeRoom() {
  while (waiting_bytes_ > options_.waiting_bytes) {
    TableFiles* largest = nullptr;
    {
      std::lock_guard lock(mutex_);
      for (const auto& [name, files] : tables_) {
        if (largest == nullptr || files->waiting_bytes() > largest->waiting_bytes()) {
          largest = files.get();
        }
      }
    }
    // Another thread may have written it meanwhile; then the next look finds another one.
    if (largest == nullptr || largest->waiting_bytes() == 0) break;
    ARROW_RETURN_NOT_OK(largest->Flush());
  }
  return arrow::Status::OK();
}

arrow::Status ParquetDirSink::Error(const std::string&, const std::string&) {
  ++errors_;
  return arrow::Status::OK();
}

arrow::Result<std::vector<std::string>> ParquetDirSink::Finish() {
  std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [name, files] : tables_) {
    ARROW_RETURN_NOT_OK(files->Finish());
    all.insert(all.end(), files->files().begin(), files->files().end());
  }
  return all;
}

ParquetDirSink::Counts ParquetDirSink::counts() const {
  std::lock_guard lock(mutex_);
  return {.tables = static_cast<int64_t>(tables_.size()),
          .rows = rows_,
          .bytes = written_bytes_,
          .errors = errors_};
}

}  // namespace s3source
