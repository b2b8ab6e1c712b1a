#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace s3source {

/// How often a request may fail, all of the requests together that it takes.
class RetryBudget {
 public:
  using Milliseconds = std::chrono::milliseconds;

  struct Limits {
    int64_t retries = 0;  ///< attempts after the first
    Milliseconds base{0};
    Milliseconds longest{0};
  };

  explicit RetryBudget(const Limits& limits) : limits_(limits) {}

  /// An attempt has failed. Whether there may be another one.
  bool Spend() { return ++failures_ <= limits_.retries; }

  /// What to wait before the next attempt: up to base, doubled with every failure but the
  /// first, at most `longest`; none before the first failure. `chance` from 0 to 1 says
  /// which part of it.
  Milliseconds Pause(double chance) const {
    if (failures_ == 0) return Milliseconds(0);
    const int64_t doublings = std::min<int64_t>(failures_ - 1, 20);
    const Milliseconds most =
        std::min(limits_.base * (int64_t{1} << doublings), limits_.longest);
    return std::chrono::duration_cast<Milliseconds>(most * chance);
  }

 private:
  Limits limits_;
  int64_t failures_ = 0;
};

}  // namespace s3source
