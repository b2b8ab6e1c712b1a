#include "sync/task_queue.h"

#include <iterator>
#include <utility>

namespace s3source {

TaskQueue::TaskQueue(std::shared_ptr<MemoryBudget> budget, int64_t heads,
                     std::stop_token stop)
    : budget_(std::move(budget)),
      on_stop_(std::move(stop), [this] { abort_.request_stop(); }),
      heads_(heads) {}

void TaskQueue::SetSchedulerWaits(bool waits) {
  const std::lock_guard lock(mutex_);
  scheduler_waits_ = waits;
  if (waits) changed_.notify_all();
}

bool TaskQueue::Admit(Task* task, int64_t bytes) {
  std::optional<MemoryCharge> charge = budget_->TryCharge(bytes);
  if (!charge) {
    SetSchedulerWaits(true);
    charge = budget_->AwaitCharge(bytes, abort_.get_token());
    SetSchedulerWaits(false);
  }
  if (!charge || abort_.stop_requested()) return false;
  Admit(task, *std::move(charge));
  return true;
}

void TaskQueue::Admit(Task* task, MemoryCharge charge) {
  task->charge = std::move(charge);
  const std::lock_guard lock(mutex_);
  ++admitted_;
  ++in_flight_;
}

void TaskQueue::SchedulingDone() {
  const std::lock_guard lock(mutex_);
  scheduling_done_ = true;
  changed_.notify_all();
}

void TaskQueue::Fetched(std::shared_ptr<Task> task) {
  const std::lock_guard lock(mutex_);
  --in_flight_;
  // Others may be parked until the last head is announced.
  if (task->head) {
    fetched_.push_front(std::move(task));
  } else {
    fetched_.push_back(std::move(task));
  }
  changed_.notify_all();
}

std::shared_ptr<Task> TaskQueue::Next() {
  std::unique_lock lock(mutex_);
  const bool stopped = !changed_.wait(lock, abort_.get_token(), [&] {
    return !fetched_.empty() || (!parked_.empty() && MayDeliver()) ||
           (scheduling_done_ && admitted_ == 0);
  });
  if (stopped || abort_.stop_requested()) return nullptr;
  auto& source = fetched_.empty() ? parked_ : fetched_;
  if (source.empty()) return nullptr;
  auto task = std::move(source.front());
  source.pop_front();
  return task;
}

void TaskQueue::HeadDone() {
  const std::lock_guard lock(mutex_);
  --heads_;
  changed_.notify_all();
}

bool TaskQueue::MayDeliverOrPark(std::shared_ptr<Task> task) {
  const std::lock_guard lock(mutex_);
  if (MayDeliver()) return true;
  parked_.push_back(std::move(task));
  return false;
}

void TaskQueue::AddPieces(std::vector<std::shared_ptr<Task>> tasks) {
  const std::lock_guard lock(mutex_);
  admitted_ += static_cast<int64_t>(tasks.size());
  fetched_.insert(fetched_.begin(), std::make_move_iterator(tasks.begin()),
                  std::make_move_iterator(tasks.end()));
  changed_.notify_all();
}

void TaskQueue::Finish(Task* task) {
  task->charge = {};
  const std::lock_guard lock(mutex_);
  --admitted_;
  changed_.notify_all();
}

void TaskQueue::Abort(arrow::Status status) {
  {
    const std::lock_guard lock(mutex_);
    if (status_.ok()) status_ = std::move(status);
  }
  abort_.request_stop();
}

arrow::Status TaskQueue::Drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return in_flight_ == 0; });
  if (!status_.ok()) return status_;
  if (abort_.stop_requested()) return arrow::Status::Cancelled("the sync was stopped");
  return arrow::Status::OK();
}

}  // namespace s3source
