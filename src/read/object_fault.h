#pragma once

#include <arrow/status.h>

#include <string>
#include <string_view>

#include "store/object.h"

namespace s3source {

/// s3://bucket/key, printable.
std::string ObjectName(std::string_view bucket, const Object& object);

/// The Fault kMalformed of an object that `what` is wrong with. Text of a library goes in
/// as it is.
arrow::Status Malformed(std::string_view bucket, const Object& object,
                        std::string_view what);

}  // namespace s3source
