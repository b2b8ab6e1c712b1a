#pragma once

#include <arrow/result.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cloudquery/log/logger.h"

namespace cq {

enum class LogFormat {
  kJson,  ///< for the CloudQuery CLI, which reads a plugin's stdout line by line
  kText,  ///< for people
};

struct StreamLoggerOptions {
  LogFormat format = LogFormat::kText;
  LogLevel level = LogLevel::kInfo;  ///< lines below it are not written
  std::string module;  ///< `<plugin>-source`; the CLI shows it with each line
  int fd = 1;          ///< where to write, stdout; not owned
  /// Called once, from the thread that logs, when the reader of a pipe has gone. Must
  /// not log. May be empty.
  std::function<void()> on_broken_pipe;
};

/// A Logger that writes each line at once, with one write.
///
/// A JSON line holds level, module, invocation_id (once known), the fields in their order
/// and message, and no time, which the CLI adds. It is shorter than 4096 bytes with its
/// newline, as the CLI cuts longer ones and then counts neither warning nor error: long
/// values are cut and end in "…", and fields that still do not fit are left out and
/// counted in `dropped_fields`. It is valid UTF-8 whatever the values are. A field named
/// like one of our own keys becomes `field_<name>`.
///
/// A text line is `time level message key=value ...` in local time.
///
/// What cannot be written (a closed pipe, a full disk) is lost and nothing else happens:
/// no SIGPIPE and no error. A slow reader of a pipe slows the caller.
std::unique_ptr<Logger> MakeStreamLogger(StreamLoggerOptions options);

/// trace, debug, info, warn or error; anything else is Invalid.
arrow::Result<LogLevel> ParseLogLevel(std::string_view name);
/// json or text; anything else is Invalid.
arrow::Result<LogFormat> ParseLogFormat(std::string_view name);
/// The name that ParseLogLevel reads.
std::string_view LogLevelName(LogLevel level);

}  // namespace cq
