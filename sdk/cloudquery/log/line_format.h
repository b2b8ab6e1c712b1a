#pragma once

#include <string>
#include <string_view>

#include "cloudquery/log/logger.h"

namespace cq {

/// The longest JSON line, newline included, that the CloudQuery CLI reads as one.
inline constexpr size_t kMaxJsonLineBytes = 4095;

/// The parts of a log line that do not come with the call.
struct LineContext {
  std::string_view module;
  std::string_view invocation_id;
};

/// One line, without its newline, in the form that stream_logger.h describes.
/// FormatTextLine leaves out the time.
std::string FormatJsonLine(const LineContext& context, LogLevel level,
                           std::string_view message, LogFields fields);
std::string FormatTextLine(const LineContext& context, LogLevel level,
                           std::string_view message, LogFields fields);

}  // namespace cq
