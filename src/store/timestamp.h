#pragma once

#include <arrow/result.h>

#include <string>
#include <string_view>

#include "store/object.h"

namespace s3source {

/// RFC 3339 in UTC with as many fraction digits as needed (Go's RFC3339Nano).
std::string FormatTimestamp(Timestamp time);
/// Any offset; `.` or `,` before the fraction, whose digits after the ninth are cut off.
/// Invalid for all else, and for years before 1678 and after 2261, which nanoseconds do
/// not reach.
arrow::Result<Timestamp> ParseTimestamp(std::string_view text);

}  // namespace s3source
