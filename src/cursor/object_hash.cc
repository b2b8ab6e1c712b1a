#include "cursor/object_hash.h"

#include <xxhash.h>

#include <cstring>
#include <string>

namespace s3source {

Hash128 KeyHash(std::string_view key) { return CanonicalHash(key); }

Hash128 VersionHash(const Object& object) {
  std::string input;
  input.reserve(object.key.size() + object.etag.size() + 24);
  AppendSized(object.key, &input);
  AppendSized(object.etag, &input);
  AppendLittleEndian(static_cast<uint64_t>(object.size_bytes), &input);
  return CanonicalHash(input);
}

uint64_t Hash64(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

size_t HashOfHash::operator()(const Hash128& hash) const {
  size_t value = 0;
  std::memcpy(&value, hash.data(), sizeof value);
  return value;
}

}  // namespace s3source
