#include "cloudquery/serve/sync_stream.h"

#include <thread>
#include <utility>

namespace cq {

// gRPC may run the reaction of a call like StartWrite on the calling thread before that
// call returns, so mutex_ is never held while calling into gRPC, nor while stop callbacks
// of a plugin run.

std::shared_ptr<SyncStream> SyncStream::Make() {
  std::shared_ptr<SyncStream> stream(new SyncStream);
  stream->self_ = stream;
  return stream;
}

arrow::Status SyncStream::Send(grpc::ByteBuffer message) {
  const size_t bytes = message.Length();
  {
    std::unique_lock lock(mutex_);
    WaitForRoom(lock, bytes);
    if (stopped_) return Stopped(lock);
    queued_bytes_ += bytes;
    if (writing_) {
      queue_.push_back(std::move(message));
      return arrow::Status::OK();
    }
    writing_ = true;
    current_.Swap(&message);
  }
  StartWrite(&current_);
  return arrow::Status::OK();
}

void SyncStream::WaitForRoom(std::unique_lock<std::mutex>& lock, size_t bytes) {
  const auto may_go_on = [&] {
    return stopped_ || queued_bytes_ == 0 || queued_bytes_ + bytes <= kMaxQueuedBytes;
  };
  if (may_go_on()) return;
  ++waiting_;
  room_.wait(lock, may_go_on);
  --waiting_;
}

void SyncStream::OnWriteDone(bool ok) {
  if (!ok) Stop("the client is gone");
  grpc::WriteOptions options;
  {
    std::lock_guard lock(mutex_);
    queued_bytes_ -= current_.Length();
    current_.Clear();
    writing_ = !queue_.empty();
    if (writing_) {
      current_.Swap(&queue_.front());
      queue_.pop_front();
    }
    // Only what is followed by more may wait for it in gRPC: nothing is ever held back.
    if (!queue_.empty()) options.set_buffer_hint();
    // A full queue that frees one place at a time would cost two switches for each
    // message.
    if (waiting_ > 0 && queued_bytes_ <= kMaxQueuedBytes / 2) room_.notify_all();
    if (!writing_) {
      drained_.notify_all();
      return;
    }
  }
  StartWrite(&current_, options);
}

arrow::Status SyncStream::Drain() {
  std::unique_lock lock(mutex_);
  drained_.wait(lock, [&] { return !writing_; });
  return stopped_ ? Stopped(lock) : arrow::Status::OK();
}

arrow::Status SyncStream::Stopped(std::unique_lock<std::mutex>& lock) {
  auto status = arrow::Status::Cancelled(reason_);
  lock.unlock();
  // Stop is between its two steps, the second of which runs a plugin's callbacks: only
  // its own thread may take it, as this one may hold what they need.
  while (!stop_.stop_requested()) std::this_thread::yield();
  return status;
}

void SyncStream::Close(const grpc::Status& status) { Finish(status); }

void SyncStream::Stop(const std::string& reason) {
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    reason_ = reason;
    for (const auto& message : queue_) queued_bytes_ -= message.Length();
    queue_.clear();
    room_.notify_all();
  }
  stop_.request_stop();
}

void SyncStream::OnCancel() { Stop("the client cancelled the sync"); }

void SyncStream::OnDone() {
  const auto last = std::move(self_);  // may be the last reference
}

}  // namespace cq
