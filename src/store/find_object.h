#pragma once

#include <arrow/result.h>

#include <stop_token>
#include <string>

#include "store/object.h"
#include "store/object_store.h"

namespace s3source {

/// The object of this key as it is now, by a listing that begins with it. kGone when
/// there is none.
arrow::Result<Object> FindObject(ObjectStore& store, const std::string& key,
                                 std::stop_token stop);

}  // namespace s3source
