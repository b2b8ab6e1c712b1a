#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "store/object.h"

namespace s3source {

/// XXH3 with 128 bits, in its canonical (big-endian) form.
using Hash128 = std::array<uint8_t, 16>;

/// Of the bytes of a key.
Hash128 KeyHash(std::string_view key);
/// Of one version of an object: for key and then ETag its length in 8 bytes,
/// little-endian, and its bytes; then the size in 8 bytes, little-endian.
Hash128 VersionHash(const Object& object);
/// XXH3 with 64 bits.
uint64_t Hash64(std::string_view bytes);

/// Of hashes, which are as good as random already.
struct HashOfHash {
  size_t operator()(const Hash128& hash) const;
};

}  // namespace s3source
