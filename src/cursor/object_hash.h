#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "store/canonical_hash.h"
#include "store/object.h"

namespace s3source {

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
