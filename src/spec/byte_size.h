#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace s3source {

/// A number of bytes in a spec: a whole number, or a text with a unit.
struct ByteSize {
  int64_t bytes = 0;
};

/// "512MiB": a whole number, perhaps a space, and a unit in any letter case. B or none:
/// bytes. k, M, G, perhaps with B: 1000, 1000², 1000³ of them. Ki, Mi, Gi, perhaps with
/// B: 1024, 1024², 1024³ of them. Nothing for any other text, and above 2^63 - 1 bytes.
std::optional<int64_t> ParseByteSize(std::string_view text);

}  // namespace s3source
