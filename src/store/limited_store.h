#pragma once

#include <cstdint>
#include <memory>

#include "cloudquery/log/logger.h"
#include "store/object_store.h"

namespace s3source {

/// A store with at most `concurrency` reads under way at the store behind it; 0 or less
/// lifts the bound. While that store throttles, fewer are (see ConcurrencyWindow), which
/// is logged. Further reads wait in line without holding a thread or memory for their
/// bytes. A read counts until its bytes are complete. Listings are not counted; they
/// bound themselves. `logger` must outlive the store.
std::unique_ptr<ObjectStore> LimitReads(std::unique_ptr<ObjectStore> store,
                                        int64_t concurrency, cq::Logger& logger);

}  // namespace s3source
