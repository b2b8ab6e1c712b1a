#pragma once

#include <arrow/status.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

namespace cq {

/// The answers of one Sync call: turns gRPC's reactions into calls that block. Messages
/// wait in a queue bounded in bytes, so that a producer is at most that far ahead of its
/// client, and by what gRPC gathers for one write (server.cc) and the connection holds.
/// Lives until gRPC is done with it, whoever else holds it.
class SyncStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  static constexpr size_t kMaxQueuedBytes = 8 << 20;

  static std::shared_ptr<SyncStream> Make();

  /// Queues one message, after waiting for room. A message larger than the queue waits
  /// until it is empty. Cancelled once the stream was stopped, and its token with it.
  /// Safe to call from any thread.
  arrow::Status Send(grpc::ByteBuffer message);
  /// Waits until nothing is being written: all was sent (OK), or the stream was stopped
  /// (Cancelled).
  arrow::Status Drain();
  /// Ends the call; the last thing to do with a stream, after Drain.
  void Close(const grpc::Status& status);

  /// Drops what is queued, makes Send fail with this reason and requests stop. The first
  /// reason stays.
  void Stop(const std::string& reason);
  std::stop_token stop_token() const { return stop_.get_token(); }

 private:
  SyncStream() = default;

  void WaitForRoom(std::unique_lock<std::mutex>& lock, size_t bytes);
  /// What to answer once stopped_: not before the token says the same. Unlocks.
  arrow::Status Stopped(std::unique_lock<std::mutex>& lock);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  std::shared_ptr<SyncStream> self_;  ///< until OnDone
  std::stop_source stop_;

  std::mutex mutex_;
  std::condition_variable room_;     ///< the queue fell to half, or stopped_
  std::condition_variable drained_;  ///< writing_ became false
  int waiting_ = 0;                  ///< threads that wait for room_
  std::deque<grpc::ByteBuffer> queue_;
  size_t queued_bytes_ = 0;   ///< of queue_ and, while writing_, of current_
  grpc::ByteBuffer current_;  ///< what gRPC writes now
  bool writing_ = false;
  bool stopped_ = false;
  std::string reason_;
};

}  // namespace cq
