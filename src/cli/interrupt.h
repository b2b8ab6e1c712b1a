#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace s3source {

/// Turns SIGINT and SIGTERM into a request to stop; a second one ends the process at once
/// with exit code 130. From its construction on the signals are blocked in this thread
/// and those it starts, so it comes before any other thread. One at a time.
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  std::stop_token stop_token() const { return stop_.get_token(); }

 private:
  void Wait();

  std::stop_source stop_;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

}  // namespace s3source
