#pragma once

#include <arrow/result.h>

#include <chrono>
#include <string>
#include <thread>

namespace cq {

/// SIGINT and SIGTERM as something to wait for, in a process that must end when told to.
///
/// Blocks both in the calling thread (threads started later inherit that) and ignores
/// SIGPIPE in the process, since a broken socket is an error to handle and not a reason
/// to die. A broken stdout is: whoever started the plugin and read its log is gone, and
/// Wait returns.
class StopSignal {
 public:
  static arrow::Result<StopSignal> Block();
  StopSignal(StopSignal&& other) noexcept;
  StopSignal& operator=(StopSignal&&) = delete;
  ~StopSignal();

  /// Waits for a signal and returns its name ("interrupt", "terminated"), or "broken
  /// pipe" when nobody reads stdout any more.
  std::string Wait();

  /// While it lives, a further signal ends the process at once, and so does the end of
  /// `grace`. Both with status 0: the CLI sends a signal of its own as soon as a signal
  /// to the plugin alone has ended the sync, and shows any other status as a failure.
  class Deadline {
   public:
    Deadline(const StopSignal& signals, std::chrono::milliseconds grace);
    ~Deadline();
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

   private:
    int met_;  ///< an eventfd: the work was done in time
    std::jthread thread_;
  };

 private:
  explicit StopSignal(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;  ///< a signalfd
};

}  // namespace cq
