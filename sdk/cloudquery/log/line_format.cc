#include "cloudquery/log/line_format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <variant>

#include "cloudquery/log/printable.h"
#include "cloudquery/log/stream_logger.h"

namespace cq {
namespace {

constexpr size_t kMaxNameBytes = 64;
constexpr size_t kMaxValueBytes = 1024;
// Less room than this is not worth a cut value.
constexpr size_t kMinValueBytes = 16;
constexpr std::string_view kDroppedKey = ",\"dropped_fields\":";
constexpr size_t kDroppedBytes = kDroppedKey.size() + 20;

std::string Quoted(std::string_view text, size_t max_bytes) {
  return nlohmann::json(Printable(text, max_bytes))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// At most `room` bytes with the quotes. Printable leaves only `"` and `\` to escape, so
// half the room is always enough.
std::string QuotedWithin(std::string_view text, size_t room) {
  const size_t inner = room - 2;
  std::string quoted = Quoted(text, std::min(inner, kMaxValueBytes));
  return quoted.size() <= room ? quoted : Quoted(text, inner / 2);
}

bool IsOurKey(std::string_view key) {
  constexpr std::array<std::string_view, 6> kOurs = {
      "level", "module", "invocation_id", "message", "time", "dropped_fields"};
  return std::find(kOurs.begin(), kOurs.end(), key) != kOurs.end();
}

std::string KeyText(std::string_view key) {
  std::string text = Printable(key, kMaxNameBytes);
  return IsOurKey(text) ? "field_" + text : text;
}

// A number or truth value as JSON. JSON has no NaN and no infinity; they become text.
std::string PlainValue(int64_t value) { return std::to_string(value); }
std::string PlainValue(bool value) { return value ? "true" : "false"; }
std::string PlainValue(double value) {
  if (std::isnan(value)) return "\"NaN\"";
  if (std::isinf(value)) return value > 0 ? "\"+Inf\"" : "\"-Inf\"";
  return nlohmann::json(value).dump();
}

// Text is cut to `room` bytes, or empty when nothing useful fits; other values are whole.
std::string JsonValue(const LogField& field, size_t room) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    return room < kMinValueBytes ? std::string() : QuotedWithin(*text, room);
  }
  if (const auto* number = std::get_if<int64_t>(&field.value)) return PlainValue(*number);
  if (const auto* real = std::get_if<double>(&field.value)) return PlainValue(*real);
  return PlainValue(std::get<bool>(field.value));
}

bool NeedsQuotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \"=") != std::string_view::npos;
}

std::string TextValue(const LogField& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    std::string printable = Printable(*text, kMaxValueBytes);
    if (!NeedsQuotes(printable)) return printable;
    return Quoted(*text, kMaxValueBytes);
  }
  return JsonValue(field, kMaxValueBytes);
}

}  // namespace

std::string FormatJsonLine(const LineContext& context, LogLevel level,
                           std::string_view message, LogFields fields) {
  std::string line = "{\"level\":\"";
  line += LogLevelName(level);
  line += '"';
  if (!context.module.empty())
    line += ",\"module\":" + Quoted(context.module, kMaxNameBytes);
  if (!context.invocation_id.empty()) {
    line += ",\"invocation_id\":" + Quoted(context.invocation_id, kMaxNameBytes);
  }
  const std::string end = ",\"message\":" + Quoted(message, kMaxValueBytes) + "}";
  const size_t limit = kMaxJsonLineBytes - 1 - end.size() - kDroppedBytes;
  int64_t dropped = 0;
  for (const auto& field : fields) {
    const std::string key = "," + Quoted(KeyText(field.key), 2 * kMaxNameBytes) + ":";
    const size_t used = line.size() + key.size();
    const size_t room = used < limit ? limit - used : 0;
    const std::string value = JsonValue(field, room);
    if (value.empty() || value.size() > room) {
      ++dropped;
      continue;
    }
    line += key;
    line += value;
  }
  if (dropped > 0) {
    line += kDroppedKey;
    line += std::to_string(dropped);
  }
  return line + end;
}

std::string FormatTextLine(const LineContext& context, LogLevel level,
                           std::string_view message, LogFields fields) {
  std::string line(LogLevelName(level));
  line.resize(5, ' ');
  line += ' ';
  line += Printable(message, kMaxValueBytes);
  for (const auto& field : fields) {
    line += ' ';
    line += Printable(field.key, kMaxNameBytes);
    line += '=';
    line += TextValue(field);
  }
  if (!context.invocation_id.empty()) {
    line += " invocation_id=" + Printable(context.invocation_id, kMaxNameBytes);
  }
  return line;
}

}  // namespace cq
