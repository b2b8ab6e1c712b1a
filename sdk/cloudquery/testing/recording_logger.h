#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cloudquery/log/logger.h"

namespace cq {

/// Keeps every line in memory, of every level, for tests to look at. Safe to call from
/// any thread.
class RecordingLogger final : public Logger {
 public:
  using Value = std::variant<std::string, int64_t, double, bool>;

  struct Line {
    LogLevel level;
    std::string message;
    std::vector<std::pair<std::string, Value>> fields;

    /// The value of `key` as text ("true", "42", ...), or "" when the line has no such
    /// field.
    std::string Field(std::string_view key) const {
      for (const auto& [name, value] : fields) {
        if (name == key)
          return std::visit([](const auto& v) { return ToText(v); }, value);
      }
      return {};
    }
  };

  void Log(LogLevel level, std::string_view message, LogFields fields) override {
    Line line{level, std::string(message), {}};
    for (const auto& field : fields) {
      line.fields.emplace_back(
          field.key, std::visit([](const auto& v) { return ToValue(v); }, field.value));
    }
    std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  bool Enabled(LogLevel) const override { return true; }
  void SetInvocationId(std::string_view id) override {
    std::lock_guard lock(mutex_);
    invocation_id_ = id;
  }

  std::vector<Line> lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
  }
  /// The lines of exactly this level.
  std::vector<Line> lines(LogLevel level) const {
    std::vector<Line> found;
    for (auto& line : lines()) {
      if (line.level == level) found.push_back(std::move(line));
    }
    return found;
  }
  std::string invocation_id() const {
    std::lock_guard lock(mutex_);
    return invocation_id_;
  }
  /// All lines as text, one a line, to search in: "warn object skipped key=a/b".
  std::string text() const {
    std::string all;
    for (const auto& line : lines()) {
      all += kNames[static_cast<int>(line.level)];
      all += ' ';
      all += line.message;
      for (const auto& [key, value] : line.fields) {
        all +=
            ' ' + key + '=' + std::visit([](const auto& v) { return ToText(v); }, value);
      }
      all += '\n';
    }
    return all;
  }

 private:
  static constexpr const char* kNames[] = {"trace", "debug", "info", "warn", "error"};

  static std::string ToText(const std::string& value) { return value; }
  static std::string ToText(bool value) { return value ? "true" : "false"; }
  static std::string ToText(int64_t value) { return std::to_string(value); }
  static std::string ToText(double value) { return std::to_string(value); }
  static Value ToValue(std::string_view value) { return std::string(value); }
  template <typename T>
  static Value ToValue(T value) {
    return value;
  }

  mutable std::mutex mutex_;
  std::vector<Line> lines_;
  std::string invocation_id_;
};

}  // namespace cq
