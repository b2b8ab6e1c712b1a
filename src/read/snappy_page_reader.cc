#include "read/snappy_page_reader.h"

#include <arrow/buffer.h>
#include <arrow/util/checked_cast.h>
#include <parquet/column_page.h>
#include <parquet/exception.h>

#include <algorithm>
#include <span>
#include <utility>

#include "read/snappy_block.h"

namespace s3source {

namespace {

using arrow::internal::checked_cast;
using BufferPtr = std::shared_ptr<arrow::Buffer>;
using PagePtr = std::shared_ptr<parquet::Page>;

PagePtr WithBuffer(const parquet::DictionaryPage& page, const BufferPtr& buffer) {
  return std::make_shared<parquet::DictionaryPage>(buffer, page.num_values(),
                                                   page.encoding(), page.is_sorted());
}

PagePtr WithBuffer(const parquet::DataPageV1& page, const BufferPtr& buffer) {
  return std::make_shared<parquet::DataPageV1>(
      buffer, page.num_values(), page.encoding(), page.definition_level_encoding(),
      page.repetition_level_encoding(), page.uncompressed_size(), page.statistics(),
      page.first_row_index(), page.size_statistics());
}

PagePtr WithBuffer(const parquet::DataPageV2& page, const BufferPtr& buffer) {
  return std::make_shared<parquet::DataPageV2>(
      buffer, page.num_values(), page.num_nulls(), page.num_rows(), page.encoding(),
      page.definition_levels_byte_length(), page.repetition_levels_byte_length(),
      page.uncompressed_size(), /*is_compressed=*/false, page.statistics(),
      page.first_row_index(), page.size_statistics());
}

std::span<const uint8_t> BytesBehind(const arrow::Buffer& buffer, int64_t offset) {
  return std::span(buffer.data(), static_cast<size_t>(buffer.size())).subspan(offset);
}

}  // namespace

SnappyPageReader::SnappyPageReader(std::unique_ptr<parquet::PageReader> stored,
                                   arrow::MemoryPool* pool)
    : stored_(std::move(stored)), pool_(pool) {}

void SnappyPageReader::set_max_page_header_size(uint32_t size) {
  stored_->set_max_page_header_size(size);
}

arrow::Result<BufferPtr> SnappyPageReader::Decompress(const arrow::Buffer& stored,
                                                      int64_t plain_bytes,
                                                      int64_t bytes) {
  if (plain_bytes < 0 || plain_bytes > stored.size() || plain_bytes > bytes) {
    return arrow::Status::Invalid("the levels of a page have ", plain_bytes,
                                  " bytes, more than the page");
  }
  if (decompressed_ == nullptr) {
    ARROW_ASSIGN_OR_RAISE(decompressed_, arrow::AllocateResizableBuffer(bytes, pool_));
  } else {
    ARROW_RETURN_NOT_OK(decompressed_->Resize(bytes, /*shrink_to_fit=*/false));
  }
  std::copy_n(stored.data(), plain_bytes, decompressed_->mutable_data());
  if (bytes == plain_bytes) return decompressed_;  // nothing may be stored then
  const std::span<uint8_t> out(decompressed_->mutable_data(), static_cast<size_t>(bytes));
  ARROW_RETURN_NOT_OK(
      DecodeSnappy(BytesBehind(stored, plain_bytes), out.subspan(plain_bytes)));
  return decompressed_;
}

PagePtr SnappyPageReader::NextPage() {
  const PagePtr page = stored_->NextPage();
  if (page == nullptr) return nullptr;
  const arrow::Buffer& stored = *page->buffer();
  switch (page->type()) {
    case parquet::PageType::DICTIONARY_PAGE: {
      int64_t bytes = 0;
      if (stored.size() > 0) {
        PARQUET_ASSIGN_OR_THROW(bytes, SnappyDecodedBytes(BytesBehind(stored, 0)));
      }
      PARQUET_ASSIGN_OR_THROW(const BufferPtr buffer, Decompress(stored, 0, bytes));
      return WithBuffer(checked_cast<const parquet::DictionaryPage&>(*page), buffer);
    }
    case parquet::PageType::DATA_PAGE: {
      const auto& data = checked_cast<const parquet::DataPageV1&>(*page);
      PARQUET_ASSIGN_OR_THROW(const BufferPtr buffer,
                              Decompress(stored, 0, data.uncompressed_size()));
      return WithBuffer(data, buffer);
    }
    case parquet::PageType::DATA_PAGE_V2: {
      const auto& data = checked_cast<const parquet::DataPageV2&>(*page);
      if (!data.is_compressed()) return page;
      const int64_t levels = int64_t{data.definition_levels_byte_length()} +
                             data.repetition_levels_byte_length();
      PARQUET_ASSIGN_OR_THROW(const BufferPtr buffer,
                              Decompress(stored, levels, data.uncompressed_size()));
      return WithBuffer(data, buffer);
    }
    default:
      return page;
  }
}

}  // namespace s3source
