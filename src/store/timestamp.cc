#include "store/timestamp.h"

#include <arrow/status.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "cloudquery/log/printable.h"

namespace s3source {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::sys_days;

constexpr int64_t kNanosInSecond = 1'000'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Reads a text from the left.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }

  /// One character of `choice`, or 0.
  char TakeAnyOf(std::string_view choice) {
    if (rest_.empty() || choice.find(rest_.front()) == std::string_view::npos) return 0;
    const char taken = rest_.front();
    rest_.remove_prefix(1);
    return taken;
  }

  /// Exactly `digits` digits of a number in [low, high].
  std::optional<int> TakeNumber(size_t digits, int low, int high) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (!IsDigit(c)) return std::nullopt;
      value = value * 10 + (c - '0');
    }
    if (value < low || value > high) return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }

  /// All digits that follow, as a fraction of a second. At least one.
  std::optional<int64_t> TakeFraction() {
    int64_t nanos = 0;
    int64_t unit = kNanosInSecond;
    size_t digits = 0;
    for (; digits < rest_.size() && IsDigit(rest_[digits]); ++digits) {
      unit /= 10;
      nanos += unit * (rest_[digits] - '0');
    }
    if (digits == 0) return std::nullopt;
    rest_.remove_prefix(digits);
    return nanos;
  }

 private:
  std::string_view rest_;
};

std::optional<sys_days> TakeDate(Scanner& text) {
  const auto year = text.TakeNumber(4, 0, 9999);
  if (!year || !text.TakeAnyOf("-")) return std::nullopt;
  const auto month = text.TakeNumber(2, 1, 12);
  if (!month || !text.TakeAnyOf("-")) return std::nullopt;
  const auto day = text.TakeNumber(2, 1, 31);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

std::optional<seconds> TakeTimeOfDay(Scanner& text) {
  const auto hour = text.TakeNumber(2, 0, 23);
  if (!hour || !text.TakeAnyOf(":")) return std::nullopt;
  const auto minute = text.TakeNumber(2, 0, 59);
  if (!minute || !text.TakeAnyOf(":")) return std::nullopt;
  const auto second = text.TakeNumber(2, 0, 59);
  if (!second) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second);
}

std::optional<seconds> TakeOffset(Scanner& text) {
  const char sign = text.TakeAnyOf("Z+-");
  if (sign == 0) return std::nullopt;
  if (sign == 'Z') return seconds(0);
  const auto hour = text.TakeNumber(2, 0, 23);
  if (!hour || !text.TakeAnyOf(":")) return std::nullopt;
  const auto minute = text.TakeNumber(2, 0, 59);
  if (!minute) return std::nullopt;
  const seconds offset = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  return sign == '-' ? -offset : offset;
}

/// Nothing where 64 bits of nanoseconds do not reach (before 1677 and after 2262).
std::optional<Timestamp> Join(std::chrono::sys_seconds whole, int64_t nanos) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max() / kNanosInSecond - 1;
  const int64_t count = whole.time_since_epoch().count();
  if (count > kMax || count < -kMax) return std::nullopt;
  return Timestamp(nanoseconds(count * kNanosInSecond + nanos));
}

std::optional<Timestamp> Parse(std::string_view value) {
  Scanner text(value);
  const auto date = TakeDate(text);
  if (!date || !text.TakeAnyOf("T")) return std::nullopt;
  const auto time_of_day = TakeTimeOfDay(text);
  if (!time_of_day) return std::nullopt;
  int64_t nanos = 0;
  if (text.TakeAnyOf(".,")) {
    const auto fraction = text.TakeFraction();
    if (!fraction) return std::nullopt;
    nanos = *fraction;
  }
  const auto offset = TakeOffset(text);
  if (!offset || !text.AtEnd()) return std::nullopt;
  return Join(*date + *time_of_day - *offset, nanos);
}

}  // namespace

std::string FormatTimestamp(Timestamp time) {
  const auto whole = std::chrono::floor<seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(whole - day);
  const int64_t nanos = (time - whole).count();

  char text[64];
  int length = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  if (nanos != 0) {
    length += std::snprintf(text + length, sizeof text - static_cast<size_t>(length),
                            ".%09lld", static_cast<long long>(nanos));
    while (text[length - 1] == '0') --length;
  }
  return std::string(text, static_cast<size_t>(length)) + 'Z';
}

arrow::Result<Timestamp> ParseTimestamp(std::string_view text) {
  if (const auto time = Parse(text)) return *time;
  return arrow::Status::Invalid("\"", cq::Printable(text, 64),
                                "\" is not an RFC 3339 time such as 2024-12-01T00:00:00Z "
                                "between the years 1678 and "
                                "2261");
}

}  // namespace s3source
