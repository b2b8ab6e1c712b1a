#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>

namespace bench {

/// Moves bytes from one socket to another, each `delay` after it came. Both sockets are
/// non-blocking and outlive the pipe. Never blocks.
class DelayPipe {
 public:
  using Clock = std::chrono::steady_clock;

  DelayPipe(int from, int to, Clock::duration delay)
      : from_(from), to_(to), delay_(delay) {}

  /// Reads once, into `buffer`, and returns what came; nothing, too, while as much is
  /// held as may be.
  std::string_view Fill(std::span<char> buffer);
  /// Writes what is due, as far as the receiver takes it. True when bytes left.
  bool Drain();

  /// A socket failed: nothing will move any more.
  bool failed() const { return failed_; }
  /// Everything has left, and so has the end.
  bool done() const { return shut_; }

 private:
  struct Chunk {
    Clock::time_point due;
    std::string bytes;
  };

  const int from_;
  const int to_;
  const Clock::duration delay_;
  std::deque<Chunk> queue_;
  size_t sent_ = 0;  ///< bytes of the first chunk that have left
  size_t queued_ = 0;
  bool end_ = false;
  bool shut_ = false;
  bool failed_ = false;
};

}  // namespace bench
