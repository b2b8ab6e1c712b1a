#pragma once

#include <string>
#include <string_view>

namespace cq {

/// `text` from outside (object keys, column names, a library's error) made safe for a log
/// line, a terminal and a proto string: valid UTF-8 stays, control characters and broken
/// bytes become \xNN (and \n, \r, \t), and what exceeds `max_bytes` is cut at a
/// character's end and marked with "…".
std::string Printable(std::string_view text, size_t max_bytes = 1024);

}  // namespace cq
