#pragma once

#include <cstdint>
#include <memory>

#include "store/object_store.h"

namespace s3source {

/// A store with at most `concurrency` reads under way at the store behind it; 0 or less
/// lifts the bound. Further reads wait in line without holding a thread or memory for
/// their bytes. A read counts until its bytes are complete. A listing, one request at a
/// time, is not counted.
std::unique_ptr<ObjectStore> LimitReads(std::unique_ptr<ObjectStore> store,
                                        int64_t concurrency);

}  // namespace s3source
