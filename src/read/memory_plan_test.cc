#include "read/memory_plan.h"

#include <gtest/gtest.h>

#include <limits>

namespace s3source {
namespace {

constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kGiB = 1 << 30;

TEST(DefaultMemoryLimit, IsHalfOfWhatThereIsWithinBounds) {
  const struct {
    int64_t available;
    int64_t limit;
  } cases[] = {
      {0, 128 * kMiB},
      {-1, 128 * kMiB},
      {1, 32 * kMiB},
      {64 * kMiB, 32 * kMiB},
      {128 * kMiB, 64 * kMiB},
      {200 * kMiB, 100 * kMiB},
      {256 * kMiB, 128 * kMiB},
      {64 * kGiB, 128 * kMiB},
      {std::numeric_limits<int64_t>::max(), 128 * kMiB},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.available);
    EXPECT_EQ(DefaultMemoryLimit(c.available), c.limit);
  }
}

TEST(PlanMemory, GivesEachThreadSixteenMiBAtLeast) {
  const struct {
    int64_t limit;
    int cores;
    int threads;
  } cases[] = {
      {32 * kMiB, 1, 1},   {32 * kMiB, 64, 2}, {128 * kMiB, 2, 2},
      {128 * kMiB, 64, 8}, {kGiB, 64, 64},     {0, 64, 8},
      {1, 64, 1},          {kGiB, 0, 1},       {64 * kGiB, 128, 128},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(::testing::Message() << c.limit << " bytes, " << c.cores << " cores");
    EXPECT_EQ(PlanMemory(c.limit, 64 * kGiB, c.cores).decode_threads, c.threads);
  }
}

TEST(PlanMemory, DividesTheLimit) {
  const struct {
    int64_t limit;
    int cores;
    int64_t fetch, whole_object, range, prefetch, batch;
  } cases[] = {
      {32 * kMiB, 2, 24 * kMiB, 2 * kMiB, 2 * kMiB, 12 * kMiB, 2 * kMiB},
      {128 * kMiB, 2, 96 * kMiB, 8 * kMiB, 8 * kMiB, 48 * kMiB, 8 * kMiB},
      {128 * kMiB, 64, 96 * kMiB, 8 * kMiB, 8 * kMiB, 12 * kMiB, 2 * kMiB},
      {kGiB, 4, 768 * kMiB, 8 * kMiB, 16 * kMiB, 64 * kMiB, 16 * kMiB},
      {64 * kGiB, 64, 48 * kGiB, 8 * kMiB, 16 * kMiB, 64 * kMiB, 16 * kMiB},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(::testing::Message() << c.limit << " bytes, " << c.cores << " cores");
    const MemoryPlan plan = PlanMemory(c.limit, 64 * kGiB, c.cores);
    EXPECT_EQ(plan.limits.limit_bytes, c.limit);
    EXPECT_EQ(plan.limits.fetch_bytes, c.fetch);
    EXPECT_EQ(plan.read.whole_object_bytes, c.whole_object);
    EXPECT_EQ(plan.read.range_bytes, c.range);
    EXPECT_EQ(plan.read.row_group_prefetch_bytes, c.prefetch);
    EXPECT_EQ(plan.read.batch_bytes, c.batch);
  }
}

TEST(PlanMemory, LetsNoObjectTakeMoreThanThereIs) {
  const struct {
    int64_t available;
    int64_t most, max_decode, decode;
  } cases[] = {
      {0, 2 * kGiB, 2 * kGiB, 512 * kMiB},
      {64 * kMiB, 16 * kMiB, 16 * kMiB, 16 * kMiB},
      {256 * kMiB, 64 * kMiB, 64 * kMiB, 64 * kMiB},
      {512 * kMiB, 192 * kMiB, 192 * kMiB, 192 * kMiB},
      {kGiB, 448 * kMiB, 448 * kMiB, 448 * kMiB},
      {64 * kGiB, 32 * kGiB - 64 * kMiB, 2 * kGiB, 512 * kMiB},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.available);
    const MemoryPlan plan = PlanMemory(0, c.available, 2);
    EXPECT_EQ(plan.limits.most_bytes, c.most);
    EXPECT_EQ(plan.read.max_decode_bytes, c.max_decode);
    EXPECT_EQ(plan.read.decode_bytes, c.decode);
  }
}

/// What the threads must hold whether it fits or not: the part they read, in one piece or
/// streamed, and a batch.
TEST(PlanMemory, LeavesRoomForWhatEachThreadMustHold) {
  for (const int64_t limit : {32 * kMiB, 64 * kMiB, 128 * kMiB, kGiB, 16 * kGiB}) {
    for (const int cores : {1, 2, 8, 64}) {
      SCOPED_TRACE(::testing::Message() << limit << " bytes, " << cores << " cores");
      const MemoryPlan plan = PlanMemory(limit, 0, cores);
      EXPECT_LE(plan.decode_threads *
                    (plan.read.row_group_prefetch_bytes + plan.read.batch_bytes),
                plan.limits.limit_bytes);
      EXPECT_LE(plan.read.whole_object_bytes, plan.limits.fetch_bytes);
    }
  }
}

}  // namespace
}  // namespace s3source
