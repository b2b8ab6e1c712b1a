#include "sync/fetch_scheduler.h"

#include <cstddef>
#include <utility>

#include "store/storage_class.h"

namespace s3source {
namespace {

/// A task that was admitted must come back.
void ReturnWhenFetched(std::shared_ptr<Task> task,
                       const arrow::Future<FetchedObject>& fetch,
                       std::shared_ptr<TaskQueue> queue) {
  fetch.AddCallback([queue = std::move(queue), task = std::move(task)](
                        const arrow::Result<FetchedObject>& fetched) {
    task->fetched = fetched;
    queue->Fetched(task);
  });
}

}  // namespace

FetchScheduler::FetchScheduler(ObjectStore& store, const ReadOptions& options,
                               EarlyReads& early, const TableSyncs& tables)
    : store_(store), options_(options), early_(early), tables_(tables) {
  for (const auto& table : tables) {
    if (!table->announced() && !table->work().empty()) headless_.insert(table.get());
  }
}

void FetchScheduler::Run(const std::shared_ptr<TaskQueue>& queue) {
  // First, as what waits for memory may wait for theirs.
  TakeEarly(queue);
  for (const auto& table : tables_) {
    if (table->work().empty()) continue;
    if (!Fetch(*table, table->work().front(), queue)) return;
  }
  for (const auto& table : tables_) {
    for (size_t i = 1; i < table->work().size() && !table->abandoned(); ++i) {
      if (!Fetch(*table, table->work()[i], queue)) return;
    }
  }
}

void FetchScheduler::TakeEarly(const std::shared_ptr<TaskQueue>& queue) {
  for (const auto& table : tables_) {
    for (const Object& object : table->work()) {
      if (early_.left() == 0) break;
      auto read = early_.Take(object);
      if (!read) continue;
      auto task = NewTask(*table, object);
      table->Begin();
      queue->Admit(task.get(), std::move(read->charge));
      ReturnWhenFetched(std::move(task), read->fetched, queue);
    }
  }
  early_.DropRest();
}

bool FetchScheduler::Fetch(TableSync& table, const Object& object,
                           const std::shared_ptr<TaskQueue>& queue) {
  if (early_.Took(object)) return true;
  auto task = NewTask(table, object);
  const bool archived = IsArchived(object);
  if (!queue->Admit(task.get(), archived ? 0 : FetchCharge(object, options_))) {
    return false;
  }
  if (archived) {
    task->fetched = ArchivedFault(store_.bucket(), object);
    queue->Fetched(std::move(task));
    return true;
  }
  table.Begin();
  ReturnWhenFetched(std::move(task),
                    BeginFetch(store_, object, options_, queue->stop_token()), queue);
  return true;
}

std::shared_ptr<Task> FetchScheduler::NewTask(TableSync& table, const Object& object) {
  auto task = std::make_shared<Task>();
  task->table = &table;
  task->object = object;
  task->head = headless_.erase(&table) > 0;
  return task;
}

}  // namespace s3source
