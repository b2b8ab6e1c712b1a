// A block of any bytes is decoded to the same bytes as by the library, or refused by
// both.
#include <arrow/util/compression.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "expect.h"
#include "read/snappy_block.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<uint8_t> block(data, data + size);
  const auto decoded_bytes = s3source::SnappyDecodedBytes(block);
  if (!decoded_bytes.ok() || *decoded_bytes == 0) return 0;
  std::vector<uint8_t> ours(*decoded_bytes);
  std::vector<uint8_t> theirs(*decoded_bytes);
  static const auto codec =
      arrow::util::Codec::Create(arrow::Compression::SNAPPY).ValueOrDie();
  const bool good =
      codec->Decompress(static_cast<int64_t>(size), data, *decoded_bytes, theirs.data())
          .ok();
  EXPECT_THAT_ALWAYS(s3source::DecodeSnappy(block, ours).ok() == good);
  EXPECT_THAT_ALWAYS(!good || ours == theirs);
  return 0;
}
