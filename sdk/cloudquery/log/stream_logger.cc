#include "cloudquery/log/stream_logger.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>

#include <array>
#include <mutex>
#include <utility>

#include "cloudquery/log/fd_sink.h"
#include "cloudquery/log/line_format.h"
#include "cloudquery/log/printable.h"

namespace cq {
namespace {

constexpr std::array<std::pair<std::string_view, LogLevel>, 5> kLevels = {{
    {"trace", LogLevel::kTrace},
    {"debug", LogLevel::kDebug},
    {"info", LogLevel::kInfo},
    {"warn", LogLevel::kWarn},
    {"error", LogLevel::kError},
}};

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return spdlog::level::trace;
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

class StreamLogger final : public Logger {
 public:
  explicit StreamLogger(StreamLoggerOptions options)
      : format_(options.format),
        module_(std::move(options.module)),
        out_("",
             std::make_shared<FdSink>(options.fd, std::move(options.on_broken_pipe))) {
    const bool json = format_ == LogFormat::kJson;
    // The default end of line is the platform's; ours is always one byte.
    out_.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        json ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %v", spdlog::pattern_time_type::local,
        "\n"));
    out_.set_level(SpdlogLevel(options.level));
    out_.set_error_handler([](const std::string&) {});
  }

  void Log(LogLevel level, std::string_view message, LogFields fields) override {
    if (!Enabled(level)) return;
    try {
      const std::string invocation_id = InvocationId();
      const LineContext context{.module = module_, .invocation_id = invocation_id};
      out_.log(SpdlogLevel(level), format_ == LogFormat::kJson
                                       ? FormatJsonLine(context, level, message, fields)
                                       : FormatTextLine(context, level, message, fields));
    } catch (const std::exception&) {
      // Out of memory: a lost line must not become a lost sync.
    }
  }

  bool Enabled(LogLevel level) const override {
    return out_.should_log(SpdlogLevel(level));
  }

  void SetInvocationId(std::string_view id) override {
    std::lock_guard lock(mutex_);
    invocation_id_ = id;
  }

 private:
  std::string InvocationId() {
    std::lock_guard lock(mutex_);
    return invocation_id_;
  }

  const LogFormat format_;
  const std::string module_;
  spdlog::logger out_;
  std::mutex mutex_;
  std::string invocation_id_;  // guarded by mutex_
};

}  // namespace

std::unique_ptr<Logger> MakeStreamLogger(StreamLoggerOptions options) {
  return std::make_unique<StreamLogger>(std::move(options));
}

arrow::Result<LogLevel> ParseLogLevel(std::string_view name) {
  for (const auto& [known, level] : kLevels) {
    if (known == name) return level;
  }
  return arrow::Status::Invalid("unknown log level '", Printable(name, 64),
                                "': use trace, debug, info, warn or error");
}

arrow::Result<LogFormat> ParseLogFormat(std::string_view name) {
  if (name == "json") return LogFormat::kJson;
  if (name == "text") return LogFormat::kText;
  return arrow::Status::Invalid("unknown log format '", Printable(name, 64),
                                "': use json or text");
}

std::string_view LogLevelName(LogLevel level) {
  for (const auto& [name, known] : kLevels) {
    if (known == level) return name;
  }
  return "error";
}

}  // namespace cq
