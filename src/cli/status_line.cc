#include "cli/status_line.h"

#include <utility>

namespace s3source {

namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K";

}  // namespace

void StatusLine::Erase() {
  if (!shown_.empty()) terminal_ << kEraseLine << std::flush;
}

void StatusLine::Show(std::string_view text) {
  std::lock_guard lock(mutex_);
  if (ended_) return;
  shown_ = text.substr(0, width_ - 1);
  terminal_ << kEraseLine << shown_ << std::flush;
}

void StatusLine::End() {
  std::lock_guard lock(mutex_);
  Erase();
  shown_.clear();
  ended_ = true;
}

void LoggerAboveStatusLine::Log(cq::LogLevel level, std::string_view message,
                                cq::LogFields fields) {
  if (!logger_.Enabled(level)) return;
  std::lock_guard lock(line_.mutex_);
  line_.Erase();
  logger_.Log(level, message, fields);
  if (!line_.shown_.empty()) line_.terminal_ << line_.shown_ << std::flush;
}

}  // namespace s3source
