#pragma once

#include <arrow/status.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "cloudquery/log/logger.h"
#include "cloudquery/serve/source_plugin.h"
#include "read/memory_budget.h"
#include "read/object_reader.h"
#include "store/object_store.h"
#include "sync/delivery.h"
#include "sync/early_reads.h"
#include "sync/object_failures.h"
#include "sync/sync_commit.h"
#include "sync/task_queue.h"

namespace s3source {

struct PipelineOptions {
  int64_t rows_per_record = 500;
  int decode_threads = 2;
  MemoryLimits memory;
  ReadOptions read;  ///< RunSync makes its budget of `memory`; its records are ours
  FailurePolicy failures;
};

/// Delivers the work of all tables at once: one scheduler starts the fetches (the store
/// bounds how many run), `decode_threads` threads open, announce and decode what has
/// arrived. The first object of every table comes first, so that as a rule all tables are
/// announced before the first row is sent: clients flush what they hold whenever the kind
/// of message changes.
///
/// Of a large object, every thread may deliver a piece: then its rows come in no order.
/// It counts as one object all the same, with one outcome.
///
/// Memory is bounded at three gates (memory_budget.h): before an object is fetched,
/// before more of one is read ahead, and before a batch is decoded.
///
/// Archived objects are not asked for. Of an object that was overwritten since it was
/// listed the new version is read, as long as no row of the old one was sent. Other
/// faults of objects go the way of object_failures.h. The returned status is what ends
/// the sync as a whole: a fault of the store, a sink that failed, or Cancelled. Every
/// thread has ended when Run returns, and every read has ended or was cancelled.
class Pipeline {
 public:
  /// All references outlive the pipeline.
  Pipeline(ObjectStore& store, cq::SyncSink& sink, cq::Logger& logger,
           PipelineOptions options);

  /// What of the work was begun in `early` is taken from there.
  arrow::Status Run(const TableSyncs& tables, EarlyReads& early, std::stop_token stop);

 private:
  arrow::Status StartThreads(std::vector<std::jthread>& threads, TaskQueue& queue);
  void Work(TaskQueue& queue);
  void Process(TaskQueue& queue, const std::shared_ptr<Task>& task);
  arrow::Status Open(Task& task, std::stop_token stop);
  /// Gives the other threads something of the object to deliver, if it is large.
  arrow::Status Split(TaskQueue& queue, Task& task);
  arrow::Status Deliver(Task& task, std::stop_token stop);
  /// What the object came to, from the last of its pieces.
  std::optional<Delivered> DeliverPiece(Task& task);
  arrow::Status Send(Task& task, std::stop_token stop);
  void RecordDelivered(const Task& task);
  /// Looks the object up again and delivers what is there now.
  arrow::Status DeliverNewVersion(Task& task, std::stop_token stop);
  /// Fetches the object anew.
  arrow::Status DeliverAgain(Task& task, std::stop_token stop);

  ObjectStore& store_;
  cq::Logger& logger_;
  PipelineOptions options_;
  ObjectFailures failures_;
};

}  // namespace s3source
