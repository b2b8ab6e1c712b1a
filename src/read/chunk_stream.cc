#include "read/chunk_stream.h"

#include <arrow/buffer.h>

#include <algorithm>
#include <utility>

namespace s3source {

ChunkStream::ChunkStream(std::shared_ptr<RangeFile> file, ByteRange chunk,
                         bool drops_pages)
    : file_(std::move(file)), chunk_(chunk), drops_pages_(drops_pages) {}

arrow::Result<int64_t> ChunkStream::Within(int64_t nbytes) const {
  if (closed()) return arrow::Status::Invalid("a column chunk is read after its end");
  if (nbytes < 0) return arrow::Status::Invalid("cannot read ", nbytes, " bytes");
  return std::min(nbytes, chunk_.length - position_);
}

arrow::Result<int64_t> ChunkStream::Read(int64_t nbytes, void* out) {
  ARROW_ASSIGN_OR_RAISE(nbytes, Within(nbytes));
  ARROW_ASSIGN_OR_RAISE(const int64_t read,
                        file_->ReadAt(chunk_.offset + position_, nbytes, out));
  position_ += read;
  return read;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ChunkStream::Read(int64_t nbytes) {
  peeked_.reset();
  ARROW_ASSIGN_OR_RAISE(nbytes, Within(nbytes));
  const int64_t from = chunk_.offset + position_;
  ARROW_ASSIGN_OR_RAISE(
      std::shared_ptr<arrow::Buffer> bytes,
      drops_pages_ ? file_->BorrowAt(from, nbytes) : file_->ReadAt(from, nbytes));
  position_ += bytes->size();
  return bytes;
}

arrow::Result<std::string_view> ChunkStream::Peek(int64_t nbytes) {
  ARROW_ASSIGN_OR_RAISE(nbytes, Within(nbytes));
  ARROW_ASSIGN_OR_RAISE(peeked_, file_->PeekAt(chunk_.offset + position_, nbytes));
  return std::string_view(*peeked_);
}

arrow::Status ChunkStream::Close() {
  file_.reset();
  peeked_.reset();
  return arrow::Status::OK();
}

}  // namespace s3source
