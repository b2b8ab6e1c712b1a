#pragma once

#include <arrow/io/interfaces.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "read/range_file.h"
#include "store/object_store.h"

namespace s3source {

/// The bytes of a column chunk, one page after the other, as a rule without a copy
/// (RangeFile). Not thread-safe.
class ChunkStream final : public arrow::io::InputStream {
 public:
  /// `drops_pages`: who reads has a page no longer when it asks for the next one.
  ChunkStream(std::shared_ptr<RangeFile> file, ByteRange chunk, bool drops_pages);

  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override;
  /// Valid until the next call of any member.
  arrow::Result<std::string_view> Peek(int64_t nbytes) override;

  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Close() override;
  bool closed() const override { return file_ == nullptr; }

 private:
  /// What of `nbytes` is left; Invalid when it is closed or less than nothing is asked
  /// for.
  arrow::Result<int64_t> Within(int64_t nbytes) const;

  std::shared_ptr<RangeFile> file_;  ///< null: closed
  const ByteRange chunk_;
  const bool drops_pages_;
  int64_t position_ = 0;  ///< in the chunk
  std::shared_ptr<arrow::Buffer> peeked_;
};

}  // namespace s3source
