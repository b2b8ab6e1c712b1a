#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "read/memory_budget.h"
#include "read/object_reader.h"
#include "sync/object_pieces.h"
#include "sync/table_sync.h"

namespace s3source {

/// One object, or a piece of one, on its way from the listing to the sink.
struct Task {
  TableSync* table = nullptr;
  Object object;
  bool head = false;    ///< its table waits for it to be announced
  MemoryCharge charge;  ///< of the first GET; until Finish
  std::optional<arrow::Result<FetchedObject>> fetched;
  std::unique_ptr<ObjectReader> reader;  ///< once opened
  std::shared_ptr<ObjectPieces> pieces;  ///< null: the object is not cut
  int64_t rows_sent = 0;
};

/// What the scheduler, the reads in flight and the decoding threads of a pipeline share.
///
/// Invariants: a task that was admitted is, until Finish, in exactly one place: being
/// fetched, fetched, parked, or with a thread. It holds its charge. Rows are held back
/// while heads are outstanding, but never while the scheduler waits for the budget: then
/// only delivering can free it.
class TaskQueue {
 public:
  TaskQueue(std::shared_ptr<MemoryBudget> budget, int64_t heads, std::stop_token stop);

  /// Ends with the caller's stop or with Abort.
  std::stop_token stop_token() const { return abort_.get_token(); }

  /// Scheduler: waits until `bytes` may be fetched for the task. False after stop.
  bool Admit(Task* task, int64_t bytes);
  /// The same with bytes that are charged already.
  void Admit(Task* task, MemoryCharge charge);
  void SchedulingDone();

  /// A read has ended, well or not. Heads come next.
  void Fetched(std::shared_ptr<Task> task);

  /// Decoding threads: the next task to open or to deliver; null when there will be none.
  std::shared_ptr<Task> Next();
  /// A head was announced or failed.
  void HeadDone();
  /// True when rows may be delivered now; false: the opened task was parked.
  bool MayDeliverOrPark(std::shared_ptr<Task> task);
  /// Further pieces of an object that a thread is delivering: they come next.
  void AddPieces(std::vector<std::shared_ptr<Task>> tasks);
  void Finish(Task* task);

  /// Keeps the first status and stops everything.
  void Abort(arrow::Status status);
  /// Blocks until no read is in flight; then the reason of an abort, Cancelled, or OK.
  arrow::Status Drain();

 private:
  bool MayDeliver() const { return heads_ == 0 || scheduler_waits_; }
  void SetSchedulerWaits(bool waits);

  const std::shared_ptr<MemoryBudget> budget_;
  std::stop_source abort_;
  std::stop_callback<std::function<void()>> on_stop_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  int64_t heads_;
  int64_t in_flight_ = 0;
  int64_t admitted_ = 0;
  bool scheduler_waits_ = false;
  bool scheduling_done_ = false;
  std::deque<std::shared_ptr<Task>> fetched_;
  std::deque<std::shared_ptr<Task>> parked_;
  arrow::Status status_;
};

}  // namespace s3source
