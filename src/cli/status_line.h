#pragma once

#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>

#include "cloudquery/log/logger.h"

namespace s3source {

/// One line at the bottom of a terminal that changes in place while log lines scroll
/// above it. Thread-safe.
class StatusLine {
 public:
  /// `terminal` outlives this.
  StatusLine(std::ostream& terminal, size_t width) : terminal_(terminal), width_(width) {}

  /// Shows `text` (ASCII, cut to the terminal's width) in place of what was shown.
  void Show(std::string_view text);
  /// Takes the line away for good: later Show calls show nothing.
  void End();

 private:
  friend class LoggerAboveStatusLine;

  void Erase();  ///< with mutex_ held

  std::ostream& terminal_;
  const size_t width_;
  std::mutex mutex_;
  std::string shown_;
  bool ended_ = false;
};

/// Writes the lines of another logger above a status line. Both outlive this.
class LoggerAboveStatusLine final : public cq::Logger {
 public:
  LoggerAboveStatusLine(cq::Logger& logger, StatusLine& line)
      : logger_(logger), line_(line) {}

  void Log(cq::LogLevel level, std::string_view message, cq::LogFields fields) override;
  bool Enabled(cq::LogLevel level) const override { return logger_.Enabled(level); }
  void SetInvocationId(std::string_view id) override { logger_.SetInvocationId(id); }

 private:
  cq::Logger& logger_;
  StatusLine& line_;
};

}  // namespace s3source
