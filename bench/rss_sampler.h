#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace bench {

/// Looks at a process's resident memory again and again, on a thread of its own.
class RssSampler {
 public:
  /// Nothing is sampled when `period` is 0.
  RssSampler(pid_t pid, std::chrono::milliseconds period);

  /// Ends the sampling. A JSON list of pairs: seconds since the start, bytes.
  std::string StopAndPrint();

 private:
  struct Sample {
    double seconds = 0;
    int64_t bytes = 0;
  };

  std::vector<Sample> samples_;  ///< the thread's, until it has ended
  std::jthread thread_;
};

}  // namespace bench
