#pragma once

#include <arrow/status.h>

#include <string>

#include "store/object.h"

namespace s3source {

/// Its storage class says that it must be restored before it can be read: GLACIER
/// (Flexible Retrieval) and DEEP_ARCHIVE. GLACIER_IR is read at once. Whether a copy was
/// restored, or INTELLIGENT_TIERING has archived it, a listing does not tell.
bool IsArchived(const Object& object);

/// kArchived, with the remedy.
arrow::Status ArchivedFault(const std::string& bucket, const Object& object);

}  // namespace s3source
