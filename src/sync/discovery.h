#pragma once

#include <arrow/result.h>

#include <stop_token>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "cloudquery/log/logger.h"
#include "cloudquery/schema/filter.h"
#include "store/object_store.h"

namespace s3source {

/// Lists everything under `prefix` and groups it into tables. What a user should know is
/// warned: no Parquet object at all, prefixes that fall on one table name, keys without a
/// table name. `listed` is told of each object of a table as its page comes.
arrow::Result<Catalog> Discover(ObjectStore& store, const std::string& prefix,
                                std::stop_token stop, cq::Logger& logger,
                                const TableVisitor& listed = {});

/// The tables of `catalog` that `filter` selects, in name order. Invalid when a pattern
/// matches none (cq::FilterTables), but an empty catalog gives no tables and no error.
arrow::Result<std::vector<const TableObjects*>> SelectTables(
    const Catalog& catalog, const cq::TableFilter& filter);

}  // namespace s3source
