#pragma once

#include <arrow/result.h>

#include <stop_token>
#include <vector>

#include "catalog/catalog.h"
#include "cloudquery/log/logger.h"
#include "cloudquery/schema/table.h"
#include "read/object_reader.h"
#include "store/object_store.h"

namespace s3source {

/// The tables as a sync would first announce them, each from the footer of its first
/// readable object (a later object may still make columns nullable, or disagree). An
/// object that cannot be read is warned and passed over; a table without a readable
/// object is warned and left out. Footers are fetched side by side, a bounded number at a
/// time.
arrow::Result<cq::Tables> ReadTableSchemas(ObjectStore& store,
                                           const std::vector<const TableObjects*>& tables,
                                           const ReadOptions& options,
                                           std::stop_token stop, cq::Logger& logger);

}  // namespace s3source
