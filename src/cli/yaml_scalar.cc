#include "cli/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace s3source {

namespace {

using Json = nlohmann::ordered_json;
using std::string_view;

constexpr std::array<string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};
constexpr std::array<string_view, 11> kTrue = {"y",  "Y",  "yes",  "Yes",  "YES", "on",
                                               "On", "ON", "true", "True", "TRUE"};
constexpr std::array<string_view, 11> kFalse = {
    "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"};
constexpr std::array<string_view, 12> kNotFinite = {".inf",  ".Inf",  ".INF",  "+.inf",
                                                    "+.Inf", "+.INF", "-.inf", "-.Inf",
                                                    "-.INF", ".nan",  ".NaN",  ".NAN"};

constexpr double kExactIntegers = 9007199254740992;  // 2^53

bool OneOf(const auto& names, string_view text) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

/// Digits of a base, all of `digits`; nothing when it is not a number or does not fit.
std::optional<uint64_t> Magnitude(string_view digits, int base) {
  uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value, base);
  if (error != std::errc() || stopped != end || digits.empty()) return std::nullopt;
  return value;
}

std::optional<Json> Integer(string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  const auto take_prefix = [&](string_view lower, string_view upper, int its_base) {
    if (base != 10 || !(text.starts_with(lower) || text.starts_with(upper))) return;
    text.remove_prefix(lower.size());
    base = its_base;
  };
  take_prefix("0x", "0X", 16);
  take_prefix("0b", "0B", 2);
  take_prefix("0o", "0O", 8);
  if (text.size() > 1) take_prefix("0", "0", 8);
  const auto magnitude = Magnitude(text, base);
  if (!magnitude.has_value()) return std::nullopt;
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (!negative && *magnitude > kMax) return Json(*magnitude);
  if (*magnitude > kMax + 1) return std::nullopt;
  return Json(static_cast<int64_t>(negative ? 0 - *magnitude : *magnitude));
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
bool LooksLikeFloat(string_view text) {
  const auto digits = [&text] {
    size_t count = 0;
    while (count < text.size() && isdigit(static_cast<unsigned char>(text[count])))
      ++count;
    text.remove_prefix(count);
    return count;
  };
  const auto take = [&text](string_view any) {
    if (text.empty() || any.find(text.front()) == string_view::npos) return false;
    text.remove_prefix(1);
    return true;
  };
  take("+-");
  const size_t whole = digits();
  const size_t fraction = take(".") ? digits() : 0;
  if (whole + fraction == 0) return false;
  if (take("eE")) {
    take("+-");
    if (digits() == 0) return false;
  }
  return text.empty();
}

std::optional<Json> Float(string_view text) {
  if (!LooksLikeFloat(text)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || !std::isfinite(value)) return std::nullopt;
  // As Go's JSON encoder writes it, so that 1e3 is good for a whole number.
  if (value == std::trunc(value) && std::abs(value) < kExactIntegers) {
    return Json(static_cast<int64_t>(value));
  }
  return Json(value);
}

}  // namespace

arrow::Result<Json> ResolvePlainScalar(const std::string& text) {
  if (OneOf(kNull, text)) return Json(nullptr);
  if (OneOf(kTrue, text)) return Json(true);
  if (OneOf(kFalse, text)) return Json(false);
  if (OneOf(kNotFinite, text)) {
    return arrow::Status::Invalid(
        "infinity and NaN have no place here; put quotes "
        "around it if text is meant");
  }
  std::string number = text;
  if (!number.starts_with('_')) std::erase(number, '_');
  if (auto integer = Integer(number)) return *integer;
  if (auto value = Float(number)) return *value;
  return Json(text);
}

}  // namespace s3source
