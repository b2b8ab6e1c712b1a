#pragma once

#include <arrow/status.h>

#include <chrono>
#include <functional>
#include <string>

#include "cloudquery/log/logger.h"
#include "cloudquery/serve/source_plugin.h"
#include "cursor/delivered_value.h"
#include "store/object.h"
#include "store/object_store.h"
#include "sync/pipeline.h"

namespace s3source {

struct SyncOptions {
  std::string path_prefix;
  KeyShare share;  ///< of the keys, that this sync delivers
  std::chrono::nanoseconds lookback = std::chrono::hours(24);
  PipelineOptions pipeline;
  /// Reads that may be begun before the listing has ended; 0: none.
  int64_t early_reads = 0;
  /// Of this sync, unlike any other: its rows count when the destination shows it. Empty:
  /// they count when they were sent.
  std::string receipt;
  /// The wall clock.
  std::function<Timestamp()> now = std::chrono::system_clock::now;
};

/// One sync of a bucket: list → plan by the cursors → announce → read → emit → commit.
///
/// A table that has nothing new is announced from the schema kept in the state. Tables
/// that failed are reported when the others are through: one error line and error message
/// each, and an error at the end. The state is flushed only after a sync without error,
/// so a failed sync repeats its work. With a receipt it is sent behind all rows, and what
/// is stored stays pending until a later sync finds it in the destination.
arrow::Status RunSync(ObjectStore& store, const SyncOptions& options,
                      const cq::TableFilter& filter, const cq::SyncContext& context,
                      cq::Logger& logger);

}  // namespace s3source
