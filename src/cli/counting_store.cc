#include "cli/counting_store.h"

namespace s3source {

arrow::Future<std::shared_ptr<arrow::Buffer>> CountingStore::Read(const Object& object,
                                                                  ByteRange range,
                                                                  std::stop_token stop) {
  auto read = store_->Read(object, range, std::move(stop));
  const bool last_byte = range.offset + range.length == object.size_bytes;
  read.AddCallback([counts = counts_, last_byte](
                       const arrow::Result<std::shared_ptr<arrow::Buffer>>& result) {
    if (!result.ok()) return;
    counts->bytes += (*result)->size();
    if (last_byte) ++counts->objects;
  });
  return read;
}

}  // namespace s3source
