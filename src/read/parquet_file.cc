#include "read/parquet_file.h"

#include <parquet/column_reader.h>
#include <parquet/exception.h>

#include <utility>

#include "read/chunk_stream.h"
#include "read/file_plan.h"
#include "read/snappy_page_reader.h"

namespace s3source {

namespace {

using parquet::Compression;

class RowGroup final : public parquet::RowGroupReader::Contents {
 public:
  RowGroup(std::shared_ptr<RangeFile> file, const parquet::ReaderProperties& properties,
           std::shared_ptr<parquet::FileMetaData> footer, int index)
      : file_(std::move(file)),
        properties_(properties),
        footer_(std::move(footer)),
        metadata_(footer_->RowGroup(index)) {}

  const parquet::RowGroupMetaData* metadata() const override { return metadata_.get(); }
  const parquet::ReaderProperties* properties() const override { return &properties_; }

  std::unique_ptr<parquet::PageReader> GetColumnPageReader(int column) override {
    const auto chunk = metadata_->ColumnChunk(column);
    PARQUET_ASSIGN_OR_THROW(const int64_t file_bytes, file_->GetSize());
    PARQUET_ASSIGN_OR_THROW(const ByteRange range,
                            ChunkRange(*footer_, *chunk, file_bytes));
    const bool snappy = chunk->compression() == Compression::SNAPPY;
    // What is stored of a compressed page is dropped as soon as it is decompressed.
    const bool drops_pages = chunk->compression() != Compression::UNCOMPRESSED;
    // Arrow before 3.0 said of compressed pages of version 2 that they are not.
    const bool always_compressed = footer_->writer_version().VersionLt(
        parquet::ApplicationVersion::PARQUET_CPP_10353_FIXED_VERSION());
    auto pages = parquet::PageReader::Open(
        std::make_shared<ChunkStream>(file_, range, drops_pages), chunk->num_values(),
        snappy ? Compression::UNCOMPRESSED : chunk->compression(), properties_,
        *footer_->schema()->Column(column), always_compressed);
    if (!snappy) return pages;
    return std::make_unique<SnappyPageReader>(std::move(pages),
                                              properties_.memory_pool());
  }

 private:
  std::shared_ptr<RangeFile> file_;
  parquet::ReaderProperties properties_;
  std::shared_ptr<parquet::FileMetaData> footer_;
  std::unique_ptr<parquet::RowGroupMetaData> metadata_;
};

class File final : public parquet::ParquetFileReader::Contents {
 public:
  File(std::shared_ptr<RangeFile> file, const parquet::ReaderProperties& properties,
       std::shared_ptr<parquet::FileMetaData> footer)
      : file_(std::move(file)), properties_(properties), footer_(std::move(footer)) {}

  void Close() override {}
  std::shared_ptr<parquet::RowGroupReader> GetRowGroup(int index) override {
    return std::make_shared<parquet::RowGroupReader>(
        std::make_unique<RowGroup>(file_, properties_, footer_, index));
  }
  std::shared_ptr<parquet::FileMetaData> metadata() const override { return footer_; }
  std::shared_ptr<parquet::PageIndexReader> GetPageIndexReader() override {
    return nullptr;
  }
  parquet::BloomFilterReader& GetBloomFilterReader() override {
    parquet::ParquetException::NYI("Bloom filters");
  }

 private:
  std::shared_ptr<RangeFile> file_;
  parquet::ReaderProperties properties_;
  std::shared_ptr<parquet::FileMetaData> footer_;
};

}  // namespace

std::unique_ptr<parquet::ParquetFileReader> OpenParquet(
    std::shared_ptr<RangeFile> file, const parquet::ReaderProperties& properties,
    std::shared_ptr<parquet::FileMetaData> footer) {
  auto reader = std::make_unique<parquet::ParquetFileReader>();
  reader->Open(std::make_unique<File>(std::move(file), properties, std::move(footer)));
  return reader;
}

}  // namespace s3source
