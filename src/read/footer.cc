#include "read/footer.h"

#include <arrow/buffer.h>
#include <arrow/util/endian.h>
#include <arrow/util/ubsan.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <cstring>
#include <string_view>
#include <utility>

namespace s3source {

namespace {

constexpr int64_t kTrailerBytes = 8;  // footer length and magic
constexpr int64_t kMagicBytes = 4;

arrow::Result<int64_t> FooterBytes(const FetchedObject& fetched,
                                   const ReadOptions& options) {
  const int64_t size = fetched.object.size_bytes;
  const arrow::Buffer& tail = *fetched.tail;
  if (tail.size() < kTrailerBytes) return arrow::Status::Invalid("it is too short");
  const uint8_t* trailer = tail.data() + tail.size() - kTrailerBytes;
  const std::string_view magic(reinterpret_cast<const char*>(trailer) + 4, kMagicBytes);
  if (magic == "PARE") {
    return arrow::Status::Invalid("its footer is encrypted, and keys are not supported");
  }
  if (magic != "PAR1") {
    return arrow::Status::Invalid("it is not a Parquet file (no PAR1 at its end)");
  }
  const int64_t length =
      arrow::bit_util::FromLittleEndian(arrow::util::SafeLoadAs<uint32_t>(trailer));
  if (length == 0 || length > size - kTrailerBytes - kMagicBytes) {
    return arrow::Status::Invalid("its footer claims ", length, " bytes, the object has ",
                                  size);
  }
  if (length > options.max_footer_bytes) {
    return arrow::Status::Invalid("its footer has ", length,
                                  " bytes, more than the limit of ",
                                  options.max_footer_bytes);
  }
  return length;
}

arrow::Status GrowTail(ObjectStore& store, FetchedObject* fetched, int64_t wanted,
                       std::stop_token stop) {
  const int64_t held = fetched->tail->size();
  const ByteRange missing{fetched->object.size_bytes - wanted, wanted - held};
  const auto read = store.Read(fetched->object, missing, std::move(stop));
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> front, read.result());
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> whole,
                        arrow::AllocateBuffer(wanted));
  std::memcpy(whole->mutable_data(), front->data(), static_cast<size_t>(missing.length));
  std::memcpy(whole->mutable_data() + missing.length, fetched->tail->data(),
              static_cast<size_t>(held));
  fetched->tail = std::move(whole);
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::shared_ptr<parquet::FileMetaData>> ReadFooter(
    ObjectStore& store, FetchedObject* fetched, const ReadOptions& options,
    const parquet::ReaderProperties& properties, std::stop_token stop) {
  ARROW_ASSIGN_OR_RAISE(const int64_t length, FooterBytes(*fetched, options));
  const int64_t wanted = length + kTrailerBytes;
  if (wanted > fetched->tail->size()) {
    ARROW_RETURN_NOT_OK(GrowTail(store, fetched, wanted, std::move(stop)));
  }
  const uint8_t* footer = fetched->tail->data() + fetched->tail->size() - wanted;
  auto metadata = parquet::FileMetaData::Make(footer, length, properties);
  if (metadata->is_encryption_algorithm_set()) {
    return arrow::Status::Invalid(
        "columns of it are encrypted, and keys are not supported");
  }
  if (metadata->num_columns() > options.max_columns) {
    return arrow::Status::Invalid("it has ", metadata->num_columns(),
                                  " columns, more than the limit of ",
                                  options.max_columns);
  }
  return metadata;
}

}  // namespace s3source
