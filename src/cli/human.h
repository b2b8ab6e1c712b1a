#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace s3source {

/// `1 file`, `12 files`, `1,234,567 rows`: `noun` gets an s where there is not one.
std::string HumanCount(int64_t count, std::string_view noun);
/// `1,234,567`
std::string HumanNumber(int64_t number);
/// `0 B`, `1023 B`, `1.0 KiB`, `12 MiB`: about three digits.
std::string HumanBytes(int64_t bytes);

}  // namespace s3source
