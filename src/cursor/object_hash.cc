#include "cursor/object_hash.h"

#include <xxhash.h>

#include <cstring>
#include <string>

namespace s3source {
namespace {

Hash128 Canonical(const XXH128_hash_t& hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  Hash128 bytes;
  std::memcpy(bytes.data(), canonical.digest, bytes.size());
  return bytes;
}

void AppendLittleEndian(uint64_t value, std::string* out) {
  for (int i = 0; i < 8; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

Hash128 KeyHash(std::string_view key) {
  return Canonical(XXH3_128bits(key.data(), key.size()));
}

Hash128 VersionHash(const Object& object) {
  std::string input;
  input.reserve(object.key.size() + object.etag.size() + 24);
  for (const std::string_view part :
       {std::string_view(object.key), std::string_view(object.etag)}) {
    AppendLittleEndian(part.size(), &input);
    input.append(part);
  }
  AppendLittleEndian(static_cast<uint64_t>(object.size_bytes), &input);
  return Canonical(XXH3_128bits(input.data(), input.size()));
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
