#include "spec/duration.h"

#include <charconv>
#include <string>

namespace s3source {

namespace {

constexpr struct {
  char name;
  std::chrono::seconds length;
} kUnits[] = {{'d', std::chrono::hours(24)},
              {'h', std::chrono::hours(1)},
              {'m', std::chrono::minutes(1)},
              {'s', std::chrono::seconds(1)}};
constexpr std::chrono::seconds kMost = std::chrono::hours(24 * 36525);

}  // namespace

std::optional<std::chrono::nanoseconds> ParseDuration(std::string_view text) {
  if (text.empty() || text.front() == '-') return std::nullopt;
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  std::string_view unit(parsed.ptr, text.data() + text.size() - parsed.ptr);
  if (unit.size() > 1 && unit.front() == ' ') unit.remove_prefix(1);
  for (const auto& known : kUnits) {
    if (unit.size() != 1 || unit.front() != known.name) continue;
    if (number > kMost / known.length) return std::nullopt;
    return number * known.length;
  }
  return std::nullopt;
}

std::string FormatDuration(std::chrono::nanoseconds duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  for (const auto& unit : kUnits) {
    if (seconds.count() == 0 || seconds % unit.length != std::chrono::seconds(0))
      continue;
    return std::to_string(seconds / unit.length) + unit.name;
  }
  return std::to_string(seconds.count()) + "s";
}

}  // namespace s3source
