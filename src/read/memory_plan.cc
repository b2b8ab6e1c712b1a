#include "read/memory_plan.h"

#include <algorithm>

namespace s3source {

namespace {

constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kMostByDefault = 128 * kMiB;
constexpr int64_t kLeastOfThread = 16 * kMiB;

}  // namespace

int64_t DefaultMemoryLimit(int64_t available_bytes) {
  if (available_bytes <= 0) return kMostByDefault;
  return std::clamp(available_bytes / 2, kLeastMemoryLimit, kMostByDefault);
}

MemoryPlan PlanMemory(int64_t limit_bytes, int64_t available_bytes, int cores) {
  const int64_t limit =
      limit_bytes > 0 ? limit_bytes : DefaultMemoryLimit(available_bytes);
  const int64_t threads =
      std::clamp<int64_t>(limit / kLeastOfThread, 1, std::max(1, cores));
  MemoryPlan plan;
  plan.decode_threads = static_cast<int>(threads);
  plan.limits.limit_bytes = limit;
  plan.limits.fetch_bytes = limit / 4 * 3;
  if (available_bytes > 0) {
    plan.limits.most_bytes = std::max((available_bytes - limit) / 2, available_bytes / 4);
  }

  ReadOptions& read = plan.read;
  read.whole_object_bytes = std::clamp(limit / 16, kMiB, 8 * kMiB);
  read.range_bytes = std::clamp(limit / 16, kMiB, 16 * kMiB);
  read.row_group_prefetch_bytes =
      std::clamp(plan.limits.fetch_bytes / threads, 4 * kMiB, 64 * kMiB);
  read.batch_bytes = std::clamp(limit / threads / 8, kMiB, 16 * kMiB);
  if (available_bytes > 0) {
    read.max_decode_bytes = std::min(read.max_decode_bytes, plan.limits.most_bytes);
    read.decode_bytes = std::min(read.decode_bytes, read.max_decode_bytes);
  }
  return plan;
}

}  // namespace s3source
