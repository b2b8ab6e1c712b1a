#pragma once

#include <xxhash.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

// The bytes behind every hash that outlives a run: the same on every platform, and never
// to be changed. Inline, as one hash is made for each row.
namespace s3source {

/// XXH3 with 128 bits and without seed, in its canonical (big-endian) form.
using Hash128 = std::array<uint8_t, 16>;

inline Hash128 CanonicalHash(const void* bytes, size_t size) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, size));
  Hash128 hash;
  std::memcpy(hash.data(), canonical.digest, hash.size());
  return hash;
}
inline Hash128 CanonicalHash(std::string_view bytes) {
  return CanonicalHash(bytes.data(), bytes.size());
}

/// Eight bytes, lowest first.
inline std::array<char, 8> LittleEndian(uint64_t value) {
  std::array<char, 8> bytes;
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(value >> (8 * i));
  return bytes;
}
inline void AppendLittleEndian(uint64_t value, std::string* out) {
  const auto bytes = LittleEndian(value);
  out->append(bytes.data(), bytes.size());
}
/// Its size and then itself, so that no two lists of texts look alike.
inline void AppendSized(std::string_view text, std::string* out) {
  AppendLittleEndian(text.size(), out);
  out->append(text);
}

}  // namespace s3source
