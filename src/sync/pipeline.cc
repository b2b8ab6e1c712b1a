#include "sync/pipeline.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cloudquery/log/printable.h"
#include "cloudquery/serve/guarded.h"
#include "store/fault.h"
#include "store/find_object.h"
#include "sync/fetch_scheduler.h"
#include "sync/gated_reader.h"
#include "sync/object_pieces.h"

namespace s3source {

namespace {

/// How often the new version of an object is tried that was overwritten meanwhile.
constexpr int kMoreVersions = 3;
/// How often an object is tried that others left too little memory.
constexpr int kMoreTries = 3;

/// Failed for this before a row of it was sent: then it can be begun anew.
bool MayBeginAnew(const Task& task, const arrow::Status& status, FaultReason reason) {
  return HasFault(status) && ReasonOf(status) == reason && task.rows_sent == 0;
}

}  // namespace

Pipeline::Pipeline(ObjectStore& store, cq::SyncSink& sink, cq::Logger& logger,
                   PipelineOptions options)
    : store_(store),
      logger_(logger),
      options_(std::move(options)),
      failures_(sink, logger, options_.failures) {
  options_.read.record_rows = options_.rows_per_record;
}

arrow::Status Pipeline::Run(const TableSyncs& tables, EarlyReads& early,
                            std::stop_token stop) {
  FetchScheduler scheduler(store_, options_.read, early, tables);
  // Shared: the last callback of a read may still hold it when Drain returns.
  const auto queue = std::make_shared<TaskQueue>(options_.read.budget, scheduler.heads(),
                                                 std::move(stop));
  const std::stop_callback stop_early(queue->stop_token(), [&] { early.Stop(); });
  {
    std::vector<std::jthread> threads;
    const arrow::Status started = StartThreads(threads, *queue);
    if (!started.ok()) queue->Abort(started);
    // The threads wait for more until they are told that there is none.
    const arrow::Status scheduled = cq::Guarded([&] {
      scheduler.Run(queue);
      return arrow::Status::OK();
    });
    if (!scheduled.ok()) queue->Abort(scheduled);
    queue->SchedulingDone();
  }
  return queue->Drain();
}

arrow::Status Pipeline::StartThreads(std::vector<std::jthread>& threads,
                                     TaskQueue& queue) {
  return cq::Guarded([&] {
    threads.reserve(options_.decode_threads);
    for (int i = 0; i < options_.decode_threads; ++i) {
      threads.emplace_back([this, &queue] { Work(queue); });
    }
    return arrow::Status::OK();
  });
}

void Pipeline::Work(TaskQueue& queue) {
  const arrow::Status status = cq::Guarded([&] {
    while (const std::shared_ptr<Task> task = queue.Next()) Process(queue, task);
    return arrow::Status::OK();
  });
  if (!status.ok()) queue.Abort(status);
}

void Pipeline::Process(TaskQueue& queue, const std::shared_ptr<Task>& task) {
  arrow::Status status;
  if (task->reader == nullptr) {
    status = Open(*task, queue.stop_token());
    if (task->head) queue.HeadDone();
    if (task->reader != nullptr && !queue.MayDeliverOrPark(task)) return;
  }
  if (status.ok() && task->pieces == nullptr && !task->table->abandoned()) {
    status = Split(queue, *task);
    if (status.ok() && task->pieces == nullptr) {
      status = Deliver(*task, queue.stop_token());
    }
  }
  if (task->pieces != nullptr) {
    const std::optional<Delivered> object = DeliverPiece(*task);
    if (!object) return queue.Finish(task.get());
    status = object->status;
  }
  for (int i = 0; i < kMoreVersions && MayBeginAnew(*task, status, FaultReason::kChanged);
       ++i) {
    status = DeliverNewVersion(*task, queue.stop_token());
  }
  for (int i = 0; i < kMoreTries && MayBeginAnew(*task, status, FaultReason::kNoMemory);
       ++i) {
    status = DeliverAgain(*task, queue.stop_token());
  }
  if (!status.ok()) status = failures_.Handle(*task, status);
  task->reader.reset();
  task->fetched.reset();
  queue.Finish(task.get());
  if (!status.ok()) queue.Abort(status);
}

arrow::Status Pipeline::Open(Task& task, std::stop_token stop) {
  if (task.table->abandoned()) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(FetchedObject fetched, std::move(*task.fetched));
  ARROW_ASSIGN_OR_RAISE(auto reader, ObjectReader::Open(store_, std::move(fetched),
                                                        options_.read, std::move(stop)));
  arrow::Status announced = task.table->AnnounceFor(task.object, reader->schema());
  if (announced.IsInvalid()) {
    task.table->Fail(std::move(announced), /*abandon=*/true);
    return arrow::Status::OK();
  }
  if (announced.ok()) task.reader = std::move(reader);
  return announced;
}

arrow::Status Pipeline::Split(TaskQueue& queue, Task& task) {
  auto pieces = std::make_shared<ObjectPieces>(queue.stop_token());
  ARROW_ASSIGN_OR_RAISE(
      auto others, task.reader->Split(options_.decode_threads, pieces->stop_token()));
  if (others.empty()) return arrow::Status::OK();
  pieces->Add(static_cast<int64_t>(others.size()));
  task.pieces = pieces;
  std::vector<std::shared_ptr<Task>> tasks;
  for (auto& reader : others) {
    auto& other = tasks.emplace_back(std::make_shared<Task>());
    other->table = task.table;
    other->object = task.object;
    other->reader = std::move(reader);
    other->pieces = pieces;
  }
  queue.AddPieces(std::move(tasks));
  return arrow::Status::OK();
}

arrow::Status Pipeline::DeliverNewVersion(Task& task, std::stop_token stop) {
  ARROW_ASSIGN_OR_RAISE(Object now, FindObject(store_, task.object.key, stop));
  logger_.Info("object overwritten after it was listed, reading the new version",
               {{"key", cq::Printable(task.object.key)}, {"table", task.table->name()}});
  task.object = std::move(now);
  return DeliverAgain(task, std::move(stop));
}

arrow::Status Pipeline::DeliverAgain(Task& task, std::stop_token stop) {
  task.fetched = FetchObject(store_, task.object, options_.read, stop).result();
  ARROW_RETURN_NOT_OK(Open(task, stop));
  if (task.reader == nullptr) return arrow::Status::OK();
  return Deliver(task, stop);
}

arrow::Status Pipeline::Deliver(Task& task, std::stop_token stop) {
  ARROW_RETURN_NOT_OK(Send(task, std::move(stop)));
  RecordDelivered(task);
  return arrow::Status::OK();
}

std::optional<Delivered> Pipeline::DeliverPiece(Task& task) {
  const std::shared_ptr<ObjectPieces> pieces = std::move(task.pieces);
  const arrow::Status status = Send(task, pieces->stop_token());
  std::optional<Delivered> object = pieces->End({task.rows_sent, status});
  if (!object) return std::nullopt;
  task.rows_sent = object->rows;
  if (object->status.ok()) RecordDelivered(task);
  return object;
}

arrow::Status Pipeline::Send(Task& task, std::stop_token stop) {
  DecodeTurn turn(options_.read.budget);
  const std::unique_ptr<ObjectReader> reader = std::move(task.reader);
  GatedReader gated(*reader, turn, stop);
  const Delivered delivered =
      DeliverObject(gated, store_.bucket(), task.object, *task.table,
                    options_.rows_per_record, std::move(stop));
  task.rows_sent = delivered.rows;
  task.table->RecordRows(delivered.rows);
  return delivered.status;
}

void Pipeline::RecordDelivered(const Task& task) {
  task.table->RecordDelivered(task.object);
  logger_.Debug("object synced", {{"key", cq::Printable(task.object.key)},
                                  {"table", task.table->name()},
                                  {"rows", task.rows_sent},
                                  {"size_bytes", task.object.size_bytes}});
}

}  // namespace s3source
