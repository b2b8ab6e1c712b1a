#pragma once

#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <parquet/column_reader.h>

#include <cstdint>
#include <memory>

namespace s3source {

/// The pages of a column chunk that is compressed by Snappy, decompressed by
/// DecodeSnappy. Throws a ParquetException for a page that is broken. A page is valid
/// until the next one is asked for. Not thread-safe.
class SnappyPageReader final : public parquet::PageReader {
 public:
  /// `stored` reads the pages as they are stored. `pool` outlives this.
  SnappyPageReader(std::unique_ptr<parquet::PageReader> stored, arrow::MemoryPool* pool);

  std::shared_ptr<parquet::Page> NextPage() override;
  void set_max_page_header_size(uint32_t size) override;

 private:
  /// The first `plain_bytes` as they are, the rest decompressed: `bytes` together.
  arrow::Result<std::shared_ptr<arrow::Buffer>> Decompress(const arrow::Buffer& stored,
                                                           int64_t plain_bytes,
                                                           int64_t bytes);

  std::unique_ptr<parquet::PageReader> stored_;
  arrow::MemoryPool* pool_;
  std::shared_ptr<arrow::ResizableBuffer> decompressed_;  ///< of the last page
};

}  // namespace s3source
