#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace cq {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError };

/// One key and its value beside the message of a log line.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, int64_t, double, bool> value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v)
      : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  LogField(std::string_view k, int v) : key(k), value(int64_t{v}) {}
  LogField(std::string_view k, int64_t v) : key(k), value(v) {}
  LogField(std::string_view k, uint64_t v) : key(k), value(static_cast<int64_t>(v)) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
};

using LogFields = std::initializer_list<LogField>;

/// Where a plugin's log lines go. Safe to call from any thread.
///
/// The CloudQuery CLI counts each warn line as a warning of the source and each error
/// line as an error, so a line of these levels is a statement about the user's data, not
/// a debugging aid.
class Logger {
 public:
  virtual ~Logger() = default;

  virtual void Log(LogLevel level, std::string_view message, LogFields fields) = 0;
  /// True when a line of this level would be written.
  virtual bool Enabled(LogLevel level) const = 0;
  /// The id of the CLI's run, put on every later line. Set at each Init.
  virtual void SetInvocationId(std::string_view id) = 0;

  void Debug(std::string_view message, LogFields fields = {}) {
    Log(LogLevel::kDebug, message, fields);
  }
  void Info(std::string_view message, LogFields fields = {}) {
    Log(LogLevel::kInfo, message, fields);
  }
  void Warn(std::string_view message, LogFields fields = {}) {
    Log(LogLevel::kWarn, message, fields);
  }
  void Error(std::string_view message, LogFields fields = {}) {
    Log(LogLevel::kError, message, fields);
  }
};

}  // namespace cq
