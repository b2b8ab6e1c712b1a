#pragma once

#include <arrow/status.h>

#include <memory>
#include <string>
#include <vector>

#include "cloudquery/log/logger.h"
#include "cloudquery/serve/source_plugin.h"
#include "cursor/delivered_value.h"
#include "store/object.h"
#include "sync/table_sync.h"

namespace s3source {

using TableSyncs = std::vector<std::unique_ptr<TableSync>>;

/// Reports every failed table; an error that names them when there is one.
arrow::Status ReportFailures(const TableSyncs& tables, cq::SyncSink& sink,
                             cq::Logger& logger);

/// Of one sync.
struct CommitOptions {
  std::string bucket;
  KeyShare share;
  Timestamp list_started;
  /// What was delivered is pending until the destination has it; empty: it counts at
  /// once.
  std::string receipt;
};

/// Puts what was delivered into the state, where that has changed, and flushes it. One
/// log line for each table says what it came to.
arrow::Status CommitTables(const TableSyncs& tables, const CommitOptions& options,
                           cq::State& state, cq::Logger& logger);

}  // namespace s3source
