#pragma once

#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <stop_token>
#include <string>

#include "read/memory_budget.h"

namespace s3source {

/// What decoding one object may allocate: a share of another pool with an exact upper
/// bound, so that a decompression bomb fails alone. Thread-safe. Lives until its last
/// buffer is freed.
class ObjectPool final : public arrow::MemoryPool {
 public:
  /// `parent` outlives the pool. What is allocated counts in `budget`, if there is one.
  ObjectPool(arrow::MemoryPool* parent, int64_t limit_bytes,
             std::shared_ptr<MemoryBudget> budget = nullptr);

  /// From now on.
  void SetLimit(int64_t bytes) { limit_ = bytes; }

  /// What may be held from now on: the `bytes` promised to the budget, and `room` more
  /// than is held now. More is asked of it (Grow), and may have to wait there until
  /// `stop`. What was asked for before stays asked for as long as it is held. To be
  /// called by the one thread that allocates.
  void Promise(int64_t bytes, std::stop_token stop, int64_t room = 0);
  /// Rows of the object may be with the client: who gives up from now on loses more than
  /// time. By the same thread.
  void RowsMayBeSent() { loss_ = MemoryBudget::Loss::kRows; }
  /// No more is decoded: takes back what was asked for.
  void EndPromise();
  /// More than promised was asked for and refused, though the limit had allowed it.
  bool gave_up() const { return gave_up_; }

  using MemoryPool::Allocate;
  using MemoryPool::Free;
  using MemoryPool::Reallocate;
  /// OutOfMemory beyond the limit, and when the parent has none left.
  arrow::Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override;
  arrow::Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment,
                           uint8_t** ptr) override;
  void Free(uint8_t* buffer, int64_t size, int64_t alignment) override;

  int64_t bytes_allocated() const override { return used_.load(); }
  int64_t total_bytes_allocated() const override { return total_.load(); }
  int64_t num_allocations() const override { return allocations_.load(); }
  std::string backend_name() const override { return parent_->backend_name(); }

 private:
  arrow::Status Take(int64_t bytes);
  arrow::Status KeepPromise(int64_t bytes);
  void Give(int64_t bytes);

  arrow::MemoryPool* const parent_;
  const std::shared_ptr<MemoryBudget> budget_;
  std::atomic<int64_t> limit_;
  std::atomic<int64_t> used_{0};
  std::atomic<int64_t> total_{0};
  std::atomic<int64_t> allocations_{0};

  // Of the thread that allocates.
  int64_t promised_ = std::numeric_limits<int64_t>::max();
  int64_t grown_ = 0;  ///< of promised_, by Grow
  bool gave_up_ = false;
  MemoryBudget::Loss loss_ = MemoryBudget::Loss::kTime;
  std::stop_token stop_;
};

/// `array`, whose buffers may come from `pool` and keep it alive from now on.
std::shared_ptr<arrow::ArrayData> HoldPool(const arrow::ArrayData& array,
                                           const std::shared_ptr<ObjectPool>& pool);

}  // namespace s3source
