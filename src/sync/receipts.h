#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <optional>
#include <set>
#include <string>

#include "cloudquery/log/logger.h"
#include "cloudquery/serve/source_plugin.h"
#include "sync/sync_commit.h"

namespace s3source {

/// The table of receipts, in the destination.
inline constexpr char kReceiptsTable[] = "cq_source_s3_receipts";

/// The receipts that the destination has. It is asked once, when the first one is asked
/// for.
class StoredReceipts {
 public:
  /// Both outlive this.
  StoredReceipts(cq::State& state, cq::Logger& logger) : state_(state), logger_(logger) {}

  /// False also when they cannot be read: what is sent again is never lost.
  bool Has(const std::string& receipt);

 private:
  cq::State& state_;
  cq::Logger& logger_;
  std::optional<std::set<std::string>> receipts_;
};

/// Sends a receipt that reaches the destination's tables only after all rows of `tables`.
/// Before it every table is announced once more: on that, destinations store the rows
/// that they hold back, those that do it table by table too.
arrow::Status SendReceipt(const TableSyncs& tables, const std::string& receipt,
                          const std::string& source, cq::SyncSink& sink);

}  // namespace s3source
