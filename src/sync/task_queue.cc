#include "sync/task_queue.h"

#include <utility>

namespace s3source {

TaskQueue::TaskQueue(int64_t budget_bytes, int64_t heads, std::stop_token stop)
    : budget_(budget_bytes),
      on_stop_(std::move(stop), [this] { abort_.request_stop(); }),
      heads_(heads) {}

bool TaskQueue::Admit(int64_t charge) {
  std::unique_lock lock(mutex_);
  if (!Fits(charge)) {
    scheduler_waits_ = true;
    changed_.notify_all();
    changed_.wait(lock, abort_.get_token(), [&] { return Fits(charge); });
    scheduler_waits_ = false;
  }
  if (abort_.stop_requested()) return false;
  held_ += charge;
  ++admitted_;
  ++in_flight_;
  return true;
}

void TaskQueue::SchedulingDone() {
  const std::lock_guard lock(mutex_);
  scheduling_done_ = true;
  changed_.notify_all();
}

void TaskQueue::Fetched(std::shared_ptr<Task> task) {
  const std::lock_guard lock(mutex_);
  --in_flight_;
  fetched_.push_back(std::move(task));
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

void TaskQueue::Finish(const Task& task) {
  const std::lock_guard lock(mutex_);
  held_ -= task.charge;
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
