#include "spec/byte_size.h"

#include <cctype>
#include <charconv>
#include <limits>
#include <string>

namespace s3source {

namespace {

/// 0 when it is none.
int64_t UnitBytes(std::string_view text) {
  std::string unit;
  for (const char c : text) {
    unit += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (unit.ends_with('b')) unit.pop_back();
  constexpr struct {
    std::string_view name;
    int64_t bytes;
  } kUnits[] = {
      {"", 1},         {"k", 1000},     {"m", 1'000'000}, {"g", 1'000'000'000},
      {"ki", 1 << 10}, {"mi", 1 << 20}, {"gi", 1 << 30},
  };
  for (const auto& known : kUnits) {
    if (unit == known.name) return known.bytes;
  }
  return 0;
}

}  // namespace

std::optional<int64_t> ParseByteSize(std::string_view text) {
  if (text.empty() || text.front() == '-') return std::nullopt;
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc()) return std::nullopt;
  std::string_view unit(parsed.ptr, end - parsed.ptr);
  if (unit.size() > 1 && unit.front() == ' ') unit.remove_prefix(1);
  const int64_t unit_bytes = UnitBytes(unit);
  if (unit_bytes == 0) return std::nullopt;
  if (number > std::numeric_limits<int64_t>::max() / unit_bytes) return std::nullopt;
  return number * unit_bytes;
}

}  // namespace s3source
