#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace s3source {

/// A length of time in a spec.
struct Duration {
  std::chrono::nanoseconds value{0};
};

/// "24h": a whole number, perhaps a space, and one of the units s, m, h, d (of 24 hours).
/// Nothing for any other text, and above 100 years.
std::optional<std::chrono::nanoseconds> ParseDuration(std::string_view text);

/// In the largest unit that leaves a whole number of seconds at least.
std::string FormatDuration(std::chrono::nanoseconds duration);

}  // namespace s3source
