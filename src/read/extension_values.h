#pragma once

#include <arrow/status.h>
#include <arrow/type_fwd.h>

namespace s3source {

/// Invalid when a value of CloudQuery's json, inet or mac type, at any depth of the
/// array, is not one: destinations trust these types, and some do not survive a bad
/// value. Files that declare the types themselves may say anything.
arrow::Status CheckExtensionValues(const arrow::Array& array);

}  // namespace s3source
