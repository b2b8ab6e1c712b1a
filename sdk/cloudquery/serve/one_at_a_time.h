#pragma once

#include <atomic>
#include <memory>

namespace cq {

/// A lock that is tried and never waited for.
class OneAtATime {
 public:
  struct Releaser {
    void operator()(std::atomic_bool* taken) const { *taken = false; }
  };
  /// Holds the lock until destroyed or reset; null when somebody else held it.
  using Hold = std::unique_ptr<std::atomic_bool, Releaser>;

  Hold TryTake() { return Hold(taken_.exchange(true) ? nullptr : &taken_); }

 private:
  std::atomic_bool taken_ = false;
};

}  // namespace cq
