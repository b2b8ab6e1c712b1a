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
/// The Fault kObjectUnreadable of an object that is too large to be decoded: nothing is
/// wrong with it, so it must not be skipped.
arrow::Status TooLarge(std::string_view bucket, const Object& object,
                       std::string_view what);

/// The kNoMemory fault: it may be read when others are not.
arrow::Status NoMemory(std::string_view bucket, const Object& object,
                       std::string_view what);

}  // namespace s3source
