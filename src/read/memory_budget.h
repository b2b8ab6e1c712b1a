#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <vector>

namespace s3source {

struct MemoryLimits {
  /// What all objects of a sync hold together. Above it, one object at a time goes on.
  int64_t limit_bytes = 128 << 20;
  /// The part of it up to which more is fetched, so that decoding has the rest.
  int64_t fetch_bytes = 96 << 20;
  /// What the objects in decoding may come to need together: what their footers tell, and
  /// what they take beyond that. One object alone may always be decoded.
  int64_t most_bytes = int64_t{2} << 30;
};

class MemoryBudget;

/// Bytes of a budget that are given back when this goes.
class MemoryCharge {
 public:
  MemoryCharge() = default;
  MemoryCharge(MemoryCharge&& other) noexcept;
  MemoryCharge& operator=(MemoryCharge&& other) noexcept;
  ~MemoryCharge();

  int64_t bytes() const { return bytes_; }

 private:
  friend class MemoryBudget;
  MemoryCharge(std::shared_ptr<MemoryBudget> budget, int64_t bytes);

  std::shared_ptr<MemoryBudget> budget_;
  int64_t bytes_ = 0;
};

/// What a sync holds of its objects, from the request of their bytes until gRPC has
/// written their rows: bytes charged (requested, or fetched and not yet dropped) and
/// bytes decoded (allocated by object_pool.h and not yet freed). Nothing of it waits
/// while it holds what another one waits for: whoever is alone may always go on.
///
/// Thread-safe. Lives until the last charge and the last buffer are gone.
class MemoryBudget : public std::enable_shared_from_this<MemoryBudget> {
 public:
  static std::shared_ptr<MemoryBudget> Make(const MemoryLimits& limits);

  /// What progress needs: charged whether it fits or not.
  MemoryCharge Charge(int64_t bytes);
  /// What can be done without: charged when it fits into fetch_bytes right now.
  std::optional<MemoryCharge> TryCharge(int64_t bytes);
  /// Where it does not fit right now, waits until an eighth of fetch_bytes is free, so
  /// that one waking serves many small charges, or nothing else is charged. Nothing after
  /// stop.
  std::optional<MemoryCharge> AwaitCharge(int64_t bytes, std::stop_token stop);

  void AddDecoded(int64_t bytes) { used_ += bytes; }
  /// One atomic operation as long as nobody waits for it.
  void FreeDecoded(int64_t bytes);

  /// For an object that is in decoding (it has begun a DecodeTurn) and takes more than it
  /// promised: adds to its promise. Waits while the objects in decoding could not hold it
  /// together; meanwhile no other object begins. False after stop, and when all of them
  /// wait here: then one has to give up for another to go on, the last one of which no
  /// row was sent, as it can be begun anew, or else the last one.
  enum class Loss { kTime, kRows };  ///< what giving up costs
  bool Grow(int64_t bytes, const std::stop_token& stop, Loss loss = Loss::kRows);
  /// Takes back what Grow added.
  void Shrink(int64_t bytes);

  /// Charged and decoded.
  int64_t used_bytes() const { return used_; }
  /// Threads that wait for memory or for their turn right now.
  size_t waiting() const;

 private:
  friend class MemoryCharge;
  friend class DecodeTurn;

  explicit MemoryBudget(const MemoryLimits& limits) : limits_(limits) {}

  bool Fits(int64_t bytes) const { return used_ + bytes <= limits_.fetch_bytes; }
  /// With mutex_ held.
  MemoryCharge Take(int64_t bytes);
  void Release(int64_t bytes);
  /// Waits on `told` until `ready`, which is asked again when no more than `level_bytes`
  /// are used, and after every notification. False after stop.
  template <typename Ready>
  bool Await(std::condition_variable_any& told, std::unique_lock<std::mutex>& lock,
             int64_t level_bytes, const std::stop_token& stop, Ready ready);
  void PublishLevel();
  void NotifyAll();
  /// With mutex_ held: where all objects in decoding wait in Grow, one that gives up.
  void ChooseWhoGivesUp();

  struct Grower {
    Loss loss;
    bool gives_up = false;
  };

  static constexpr int64_t kWakeShare = 8;
  static constexpr int64_t kNobodyWaits = -1;

  const MemoryLimits limits_;
  std::atomic<int64_t> used_{0};
  std::atomic<int64_t> wake_level_{kNobodyWaits};  ///< the highest of levels_

  mutable std::mutex mutex_;
  std::condition_variable_any room_;  ///< for charges
  std::condition_variable_any turn_;  ///< for turns
  std::multiset<int64_t> levels_;     ///< of those who wait
  int64_t charged_ = 0;               ///< of used_
  // Objects in decoding: all of them, those between two waits, what they may need.
  int64_t begun_ = 0;
  int64_t running_ = 0;
  int64_t promised_bytes_ = 0;
  std::vector<Grower*> growing_;  ///< those that wait in Grow, in the order they came
};

/// One object's turn to be decoded, batch by batch. While more than limit_bytes are used
/// it waits before each batch, unless no other object is between two of its waits; before
/// its first batch, unless no other object is in decoding. So of all turns one can
/// always go on, and above the limit it is one object that goes on to its end.
///
/// Not thread-safe; outlives what the object holds.
class DecodeTurn {
 public:
  explicit DecodeTurn(std::shared_ptr<MemoryBudget> budget);
  DecodeTurn(const DecodeTurn&) = delete;
  DecodeTurn& operator=(const DecodeTurn&) = delete;
  ~DecodeTurn();

  /// Before each batch. The first call says what the object may come to hold. False after
  /// stop.
  bool Await(int64_t expected_bytes, const std::stop_token& stop);

 private:
  bool Begin(std::unique_lock<std::mutex>& lock, int64_t expected_bytes,
             const std::stop_token& stop);

  const std::shared_ptr<MemoryBudget> budget_;
  bool begun_ = false;
  bool running_ = false;
  int64_t promised_bytes_ = 0;
};

}  // namespace s3source
