#pragma once

#include <memory>
#include <unordered_set>

#include "read/object_reader.h"
#include "store/object_store.h"
#include "sync/early_reads.h"
#include "sync/sync_commit.h"
#include "sync/task_queue.h"

namespace s3source {

/// Starts the fetches of all tables, as the budget has room: first what was begun early,
/// then the first object of every table, then the rest. The store bounds how many run.
/// The first task of a table that is not announced yet is a head. Archived objects are
/// not asked for. For one thread.
class FetchScheduler {
 public:
  /// All outlive this.
  FetchScheduler(ObjectStore& store, const ReadOptions& options, EarlyReads& early,
                 const TableSyncs& tables);

  /// How many heads there will be.
  int64_t heads() const { return static_cast<int64_t>(headless_.size()); }

  /// Every task that `queue` admits comes back to it as fetched. Returns when all are
  /// admitted, or after stop.
  void Run(const std::shared_ptr<TaskQueue>& queue);

 private:
  void TakeEarly(const std::shared_ptr<TaskQueue>& queue);
  bool Fetch(TableSync& table, const Object& object,
             const std::shared_ptr<TaskQueue>& queue);
  std::shared_ptr<Task> NewTask(TableSync& table, const Object& object);

  ObjectStore& store_;
  const ReadOptions& options_;
  EarlyReads& early_;
  const TableSyncs& tables_;
  std::unordered_set<const TableSync*> headless_;
};

}  // namespace s3source
