#include "cli/parquet_file.h"

#include <arrow/io/file.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <limits>
#include <string>
#include <utility>

#include "cli/durable_file.h"
#include "cloudquery/log/printable.h"
#include "cloudquery/schema/table.h"
#include "cloudquery/serve/guarded.h"

namespace s3source {

namespace {

/// Appends to a file that is open only from the first write until Rest().
class RestingFile final : public arrow::io::OutputStream {
 public:
  explicit RestingFile(std::string path) : path_(std::move(path)) {}

  arrow::Status Write(const void* data, int64_t bytes) override {
    if (file_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(file_, arrow::io::FileOutputStream::Open(path_, true));
    }
    position_ += bytes;
    return file_->Write(data, bytes);
  }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Rest() {
    if (file_ == nullptr) return arrow::Status::OK();
    return std::exchange(file_, nullptr)->Close();
  }
  arrow::Status Close() override {
    closed_ = true;
    return Rest();
  }
  bool closed() const override { return closed_; }

 private:
  const std::string path_;
  std::shared_ptr<arrow::io::FileOutputStream> file_;
  int64_t position_ = 0;
  bool closed_ = false;
};

std::shared_ptr<parquet::WriterProperties> Properties() {
  const auto zstd = arrow::Compression::ZSTD;
  return parquet::WriterProperties::Builder()
      .version(parquet::ParquetVersion::PARQUET_2_6)
      ->compression(arrow::util::Codec::IsAvailable(zstd) ? zstd
                                                          : arrow::Compression::SNAPPY)
      // A row group is what WriteRowGroup is given.
      ->max_row_group_length(std::numeric_limits<int32_t>::max())
      // No two are alike.
      ->disable_dictionary(cq::kCqId)
      ->created_by("cq-source-s3")
      ->build();
}

class ArrowParquetFile final : public ParquetFile {
 public:
  ArrowParquetFile(std::filesystem::path path, std::shared_ptr<arrow::Schema> schema)
      : path_(std::move(path)),
        schema_(std::move(schema)),
        file_(std::make_shared<RestingFile>(path_.string())) {}

  arrow::Status Open() {
    // The Arrow schema goes along, for what Parquet has no words for (durations, zones).
    auto arrow_properties =
        parquet::ArrowWriterProperties::Builder().store_schema()->build();
    ARROW_ASSIGN_OR_RAISE(
        writer_, parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(),
                                                  file_, Properties(), arrow_properties));
    return file_->Rest();
  }

  arrow::Status WriteRowGroup(const arrow::RecordBatchVector& batches) override {
    return Named([&]() -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(const auto table,
                            arrow::Table::FromRecordBatches(schema_, batches));
      if (table->num_rows() == 0) return arrow::Status::OK();
      ARROW_RETURN_NOT_OK(writer_->WriteTable(*table, table->num_rows()));
      return file_->Rest();
    });
  }

  int64_t bytes() const override { return file_->Tell().ValueOr(0); }

  arrow::Status Close() override {
    return Named([&]() -> arrow::Status {
      ARROW_RETURN_NOT_OK(writer_->Close());
      ARROW_RETURN_NOT_OK(file_->Close());
      return SyncToDisk(path_);
    });
  }

 private:
  template <typename Verb>
  arrow::Status Named(Verb&& verb) {
    arrow::Status status = cq::Guarded(std::forward<Verb>(verb));
    if (status.ok()) return status;
    return status.WithMessage("cannot write ", cq::Printable(path_.string()), ": ",
                              status.message());
  }

  const std::filesystem::path path_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<RestingFile> file_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

}  // namespace

arrow::Result<std::unique_ptr<ParquetFile>> ParquetFile::Create(
    const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema) {
  auto file = std::make_unique<ArrowParquetFile>(path, schema);
  const arrow::Status opened = cq::Guarded([&] { return file->Open(); });
  if (!opened.ok()) {
    return opened.WithMessage("cannot write ", cq::Printable(path.string()), ": ",
                              opened.message());
  }
  return file;
}

}  // namespace s3source
