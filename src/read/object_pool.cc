#include "read/object_pool.h"

#include <arrow/array/data.h>
#include <arrow/buffer.h>
#include <arrow/status.h>

#include <algorithm>
#include <utility>

namespace s3source {

namespace {

/// So that not every allocation has to ask.
constexpr int64_t kLeastGrowth = 4 << 20;

struct Held {
  // In this order: the buffer goes first.
  std::shared_ptr<ObjectPool> pool;
  std::shared_ptr<arrow::Buffer> buffer;
};

arrow::Status OfMachine(const arrow::Status& status) {
  if (!status.IsOutOfMemory()) return status;
  return status.WithMessage("there is not enough memory to decode it (", status.message(),
                            "), give the plugin more");
}

}  // namespace

ObjectPool::ObjectPool(arrow::MemoryPool* parent, int64_t limit_bytes,
                       std::shared_ptr<MemoryBudget> budget)
    : parent_(parent), budget_(std::move(budget)), limit_(limit_bytes) {}

void ObjectPool::Promise(int64_t bytes, std::stop_token stop, int64_t room) {
  if (budget_ == nullptr) return;
  const int64_t wanted = used_.load() + room;
  const int64_t kept = std::clamp<int64_t>(wanted - bytes, 0, grown_);
  budget_->Shrink(std::exchange(grown_, kept) - kept);
  promised_ = std::max(bytes + kept, wanted);
  stop_ = std::move(stop);
}

void ObjectPool::EndPromise() {
  if (budget_ != nullptr) budget_->Shrink(std::exchange(grown_, 0));
  promised_ = std::numeric_limits<int64_t>::max();
}

arrow::Status ObjectPool::KeepPromise(int64_t bytes) {
  if (bytes <= 0) return arrow::Status::OK();
  const int64_t missing = bytes - (promised_ - used_.load());
  if (missing <= 0) return arrow::Status::OK();
  const int64_t more = std::max(missing, kLeastGrowth);
  if (!budget_->Grow(more, stop_, loss_)) {
    if (stop_.stop_requested()) return arrow::Status::Cancelled("stopped");
    gave_up_ = true;
    return arrow::Status::OutOfMemory(
        "decoding it takes more memory than its footer tells (", used_.load(),
        " bytes used, ", bytes,
        " more wanted), which is not there beside other such objects");
  }
  grown_ += more;
  promised_ += more;
  return arrow::Status::OK();
}

arrow::Status ObjectPool::Take(int64_t bytes) {
  const int64_t limit = limit_.load();
  // What is beyond the limit has not to be waited for.
  if (bytes <= limit - used_.load()) ARROW_RETURN_NOT_OK(KeepPromise(bytes));
  int64_t used = used_.load();
  do {
    if (bytes > limit - used) {
      return arrow::Status::OutOfMemory("decoding it takes more than the limit of ",
                                        limit >> 20, " MiB of memory (", used,
                                        " bytes used, ", bytes, " more wanted)");
    }
  } while (!used_.compare_exchange_weak(used, used + bytes));
  if (bytes > 0) total_ += bytes;
  if (budget_ != nullptr) {
    bytes > 0 ? budget_->AddDecoded(bytes) : budget_->FreeDecoded(-bytes);
  }
  return arrow::Status::OK();
}

void ObjectPool::Give(int64_t bytes) {
  used_ -= bytes;
  if (budget_ != nullptr) budget_->FreeDecoded(bytes);
}

arrow::Status ObjectPool::Allocate(int64_t size, int64_t alignment, uint8_t** out) {
  ARROW_RETURN_NOT_OK(Take(size));
  ++allocations_;
  arrow::Status status = parent_->Allocate(size, alignment, out);
  if (!status.ok()) Give(size);
  return OfMachine(status);
}

arrow::Status ObjectPool::Reallocate(int64_t old_size, int64_t new_size,
                                     int64_t alignment, uint8_t** ptr) {
  ARROW_RETURN_NOT_OK(Take(new_size - old_size));
  ++allocations_;
  arrow::Status status = parent_->Reallocate(old_size, new_size, alignment, ptr);
  if (!status.ok()) Give(new_size - old_size);
  return OfMachine(status);
}

void ObjectPool::Free(uint8_t* buffer, int64_t size, int64_t alignment) {
  parent_->Free(buffer, size, alignment);
  Give(size);
}

std::shared_ptr<arrow::ArrayData> HoldPool(const arrow::ArrayData& array,
                                           const std::shared_ptr<ObjectPool>& pool) {
  std::shared_ptr<arrow::ArrayData> held = array.Copy();
  for (std::shared_ptr<arrow::Buffer>& buffer : held->buffers) {
    if (buffer == nullptr) continue;
    auto both = std::make_shared<Held>(Held{pool, buffer});
    buffer = std::shared_ptr<arrow::Buffer>(both, both->buffer.get());
  }
  for (auto& child : held->child_data) child = HoldPool(*child, pool);
  if (held->dictionary != nullptr) held->dictionary = HoldPool(*held->dictionary, pool);
  return held;
}

}  // namespace s3source
