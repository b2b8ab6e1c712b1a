#pragma once

#include <arrow/status.h>

#include <atomic>
#include <cstdint>

#include "cloudquery/log/logger.h"
#include "cloudquery/serve/source_plugin.h"
#include "sync/task_queue.h"

namespace s3source {

/// What becomes of objects that cannot be delivered.
struct FailurePolicy {
  /// A malformed object fails its table, after all others were delivered.
  bool fail_malformed = false;
  /// So many objects may be skipped; one more ends the sync. Negative: any number.
  int64_t max_skipped = -1;
};

/// Tells of every object that could not be delivered, and decides what goes on.
/// Thread-safe.
class ObjectFailures {
 public:
  /// `sink` and `logger` outlive this.
  ObjectFailures(cq::SyncSink& sink, cq::Logger& logger, FailurePolicy policy);

  /// OK when the sync goes on without the object, which was counted and is owed, or whose
  /// table was marked as failed.
  arrow::Status Handle(const Task& task, const arrow::Status& status);

 private:
  arrow::Status Skip(const Task& task, const arrow::Status& status);

  cq::SyncSink& sink_;
  cq::Logger& logger_;
  const FailurePolicy policy_;
  std::atomic<int64_t> skipped_ = 0;
};

}  // namespace s3source
