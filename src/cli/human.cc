#include "cli/human.h"

#include <fmt/format.h>

#include <array>

namespace s3source {

std::string HumanNumber(int64_t number) {
  std::string digits = std::to_string(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string HumanCount(int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", HumanNumber(count), noun, count == 1 ? "" : "s");
}

std::string HumanBytes(int64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  // Not 1024, or 1023.99 KiB would read 1024 KiB.
  for (; value >= 1023.5 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format(fmt::runtime(value < 9.95 ? "{:.1f} {}" : "{:.0f} {}"), value,
                     kUnits[unit]);
}

}  // namespace s3source
