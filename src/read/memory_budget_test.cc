#include "read/memory_budget.h"

#include <arrow/buffer.h>
#include <arrow/memory_pool.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "read/object_pool.h"

namespace s3source {
namespace {

std::shared_ptr<MemoryBudget> Budget(int64_t limit, int64_t fetch, int64_t most = 1000) {
  return MemoryBudget::Make(
      {.limit_bytes = limit, .fetch_bytes = fetch, .most_bytes = most});
}

void AwaitWaiting(const MemoryBudget& budget, size_t threads) {
  while (budget.waiting() != threads) std::this_thread::yield();
}

TEST(MemoryBudget, CountsChargesUntilTheyGo) {
  const auto budget = Budget(100, 80);
  MemoryCharge charge = budget->Charge(30);
  EXPECT_EQ(budget->used_bytes(), 30);
  MemoryCharge moved = std::move(charge);
  EXPECT_EQ(budget->used_bytes(), 30);
  moved = budget->Charge(500);
  EXPECT_EQ(budget->used_bytes(), 500);
  moved = MemoryCharge();
  EXPECT_EQ(budget->used_bytes(), 0);
}

TEST(MemoryBudget, CountsWhatObjectPoolsHold) {
  const auto budget = Budget(100, 80);
  {
    auto pool = std::make_shared<ObjectPool>(arrow::default_memory_pool(), 1000, budget);
    ASSERT_OK_AND_ASSIGN(auto buffer, arrow::AllocateResizableBuffer(128, pool.get()));
    const int64_t allocated = pool->bytes_allocated();
    EXPECT_GE(allocated, 128);
    EXPECT_EQ(budget->used_bytes(), allocated);
    ASSERT_OK(buffer->Resize(512));
    EXPECT_EQ(budget->used_bytes(), pool->bytes_allocated());
    ASSERT_OK(buffer->Resize(64, /*shrink_to_fit=*/true));
    EXPECT_EQ(budget->used_bytes(), pool->bytes_allocated());
    EXPECT_LT(budget->used_bytes(), allocated);
    EXPECT_FALSE(buffer->Resize(5000).ok());
    EXPECT_EQ(budget->used_bytes(), pool->bytes_allocated());
  }
  EXPECT_EQ(budget->used_bytes(), 0);
}

TEST(MemoryBudget, ReadsAheadOnlyWhatFits) {
  const auto budget = Budget(100, 80);
  budget->AddDecoded(50);
  std::optional<MemoryCharge> fits = budget->TryCharge(30);
  EXPECT_TRUE(fits.has_value());
  EXPECT_FALSE(budget->TryCharge(1).has_value());
  budget->FreeDecoded(50);
  EXPECT_TRUE(budget->TryCharge(50).has_value());
}

TEST(MemoryBudget, StartsAFetchWhenItFitsOrNothingIsCharged) {
  const auto budget = Budget(100, 80);
  budget->AddDecoded(200);
  std::optional<MemoryCharge> first = budget->AwaitCharge(500, {});
  ASSERT_TRUE(first.has_value());
  for (const bool by_charge : {true, false}) {
    SCOPED_TRACE(by_charge);
    std::optional<MemoryCharge> second;
    std::jthread waits([&] { second = budget->AwaitCharge(10, {}); });
    AwaitWaiting(*budget, 1);
    if (by_charge) {
      first.reset();
    } else {
      budget->FreeDecoded(131);
      EXPECT_EQ(budget->waiting(), 1);
      budget->FreeDecoded(9);
    }
    waits.join();
    EXPECT_TRUE(second.has_value());
    first = std::move(second);
  }
}

TEST(MemoryBudget, WakesAFetchThatHadToWaitWhenAnEighthIsFree) {
  const auto budget = Budget(200, 160);
  const MemoryCharge other = budget->Charge(10);
  budget->AddDecoded(150);
  std::atomic<bool> passed = false;
  std::jthread waits([&] {
    EXPECT_TRUE(budget->AwaitCharge(1, {}).has_value());
    passed = true;
  });
  AwaitWaiting(*budget, 1);
  for (int i = 0; i < 19; ++i) budget->FreeDecoded(1);
  EXPECT_FALSE(passed);
  EXPECT_EQ(budget->waiting(), 1);
  budget->FreeDecoded(1);
  waits.join();
}

TEST(DecodeTurn, LetsOneObjectGoOnAboveTheLimit) {
  const auto budget = Budget(100, 80);
  std::optional<DecodeTurn> first(std::in_place, budget);
  EXPECT_TRUE(first->Await(1, {}));
  budget->AddDecoded(101);
  std::atomic<bool> passed = false;
  std::jthread other([&] {
    DecodeTurn second(budget);
    EXPECT_TRUE(second.Await(1, {}));
    passed = true;
  });
  AwaitWaiting(*budget, 1);
  for (int batch = 0; batch < 10; ++batch) EXPECT_TRUE(first->Await(1, {}));
  EXPECT_FALSE(passed);
  EXPECT_EQ(budget->waiting(), 1);
  first.reset();
  other.join();
  EXPECT_TRUE(passed);
}

TEST(DecodeTurn, WaitsWithinAnObjectWhileAnotherRuns) {
  const auto budget = Budget(100, 80);
  DecodeTurn first(budget);
  DecodeTurn second(budget);
  ASSERT_TRUE(first.Await(1, {}));
  ASSERT_TRUE(second.Await(1, {}));
  budget->AddDecoded(150);
  std::jthread other([&] { EXPECT_TRUE(second.Await(1, {})); });
  AwaitWaiting(*budget, 1);
  EXPECT_TRUE(first.Await(1, {}));
  EXPECT_EQ(budget->waiting(), 1);
  budget->FreeDecoded(50);
  other.join();
}

TEST(DecodeTurn, DoesNotStartWhatTheMachineCannotHoldTogether) {
  const auto budget = Budget(100, 80, /*most=*/1000);
  std::optional<DecodeTurn> large(std::in_place, budget);
  EXPECT_TRUE(large->Await(5000, {}));
  std::jthread other([&] {
    DecodeTurn small(budget);
    EXPECT_TRUE(small.Await(10, {}));
  });
  AwaitWaiting(*budget, 1);
  large.reset();
  other.join();
  DecodeTurn half(budget);
  DecodeTurn other_half(budget);
  EXPECT_TRUE(half.Await(500, {}));
  EXPECT_TRUE(other_half.Await(500, {}));
}

TEST(DecodeTurn, WaitsForOthersToTakeMoreThanItPromised) {
  const auto budget = Budget(100, 80, /*most=*/1000);
  std::optional<DecodeTurn> first(std::in_place, budget);
  DecodeTurn second(budget);
  ASSERT_TRUE(first->Await(500, {}));
  ASSERT_TRUE(second.Await(100, {}));
  EXPECT_TRUE(budget->Grow(400, {}));
  budget->Shrink(400);
  budget->AddDecoded(200);
  std::jthread other([&] {
    EXPECT_TRUE(budget->Grow(401, {}));
    budget->Shrink(401);
  });
  // It is not in the way of the one it waits for, above the limit as that may be.
  EXPECT_TRUE(first->Await(500, {}));
  first.reset();
  other.join();
  EXPECT_TRUE(budget->Grow(5000, {})) << "alone it takes what it needs";
}

TEST(DecodeTurn, BeginsWhenTheOneThatWaitedForMoreHasIt) {
  const auto budget = Budget(100, 80, /*most=*/1000);
  std::optional<DecodeTurn> first(std::in_place, budget);
  DecodeTurn second(budget);
  ASSERT_TRUE(first->Await(500, {}));
  ASSERT_TRUE(second.Await(100, {}));
  std::latch begun(1);
  std::jthread grower([&] {
    EXPECT_TRUE(budget->Grow(500, {}));
    begun.wait();
  });
  while (budget->waiting() < 1) std::this_thread::yield();
  std::jthread beginner([&] {
    DecodeTurn third(budget);
    EXPECT_TRUE(third.Await(100, {}));
    begun.count_down();
  });
  while (budget->waiting() < 2) std::this_thread::yield();
  first.reset();
  beginner.join();
  grower.join();
}

TEST(DecodeTurn, OneOfThoseThatAllWaitToTakeMoreGivesUp) {
  const auto budget = Budget(100, 80, /*most=*/1000);
  std::atomic<int> granted = 0;
  std::vector<std::jthread> threads;
  std::latch begun(3);
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      DecodeTurn turn(budget);
      EXPECT_TRUE(turn.Await(300, {}));
      begun.arrive_and_wait();
      if (!budget->Grow(600, {})) return;
      ++granted;
      budget->Shrink(600);
    });
  }
  threads.clear();
  EXPECT_GE(granted, 1);
  EXPECT_LE(granted, 2);
}

TEST(DecodeTurn, WhoHasSentNoRowGivesUpForWhoHas) {
  using Loss = MemoryBudget::Loss;
  const struct {
    const char* name;
    std::vector<Loss> losses;  ///< in the order they ask
    size_t gives_up;
  } cases[] = {
      {"the last one has sent rows", {Loss::kTime, Loss::kRows}, 0},
      {"the first one has", {Loss::kRows, Loss::kTime}, 1},
      {"one between them", {Loss::kRows, Loss::kTime, Loss::kRows}, 1},
      {"none has", {Loss::kTime, Loss::kTime}, 1},
      {"all have", {Loss::kRows, Loss::kRows}, 1},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto budget = Budget(1000, 800, /*most=*/1000);
    const auto objects = static_cast<std::ptrdiff_t>(c.losses.size());
    std::latch begun(objects);
    std::vector<char> granted(c.losses.size());
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < c.losses.size(); ++i) {
      threads.emplace_back([&, i] {
        DecodeTurn turn(budget);
        EXPECT_TRUE(turn.Await(900 / objects, {}));
        begun.arrive_and_wait();
        while (budget->waiting() < i) std::this_thread::yield();
        granted[i] = budget->Grow(150, {}, c.losses[i]) ? 1 : 0;
        if (granted[i] != 0) budget->Shrink(150);
      });
    }
    threads.clear();
    for (size_t i = 0; i < granted.size(); ++i) {
      EXPECT_EQ(granted[i] == 0, i == c.gives_up) << i;
    }
  }
}

TEST(ObjectPool, AsksForNoMoreThanIsMissing) {
  constexpr int64_t kMiB = 1 << 20;
  const auto budget = Budget(kMiB, kMiB, /*most=*/100 * kMiB);
  std::stop_source stop;
  stop.request_stop();  // where it would have to wait, it fails
  const auto pool =
      std::make_shared<ObjectPool>(arrow::default_memory_pool(), 200 * kMiB, budget);
  DecodeTurn turn(budget);
  DecodeTurn other(budget);
  ASSERT_TRUE(turn.Await(60 * kMiB, {}));
  ASSERT_TRUE(other.Await(30 * kMiB, {}));
  pool->Promise(60 * kMiB, stop.get_token());
  ASSERT_OK_AND_ASSIGN(auto promised, arrow::AllocateBuffer(50 * kMiB, pool.get()));
  ASSERT_OK_AND_ASSIGN(auto more, arrow::AllocateBuffer(20 * kMiB, pool.get()));
  EXPECT_FALSE(arrow::AllocateBuffer(kMiB, pool.get()).ok()) << "that is all";
  pool->EndPromise();
}

TEST(ObjectPool, TakesMoreThanPromisedOnlyWhereOthersLeaveIt) {
  constexpr int64_t kMiB = 1 << 20;
  const auto budget = Budget(kMiB, kMiB, /*most=*/100 * kMiB);
  std::stop_source stop;
  const auto pool =
      std::make_shared<ObjectPool>(arrow::default_memory_pool(), 200 * kMiB, budget);
  DecodeTurn turn(budget);
  std::optional<DecodeTurn> other(std::in_place, budget);
  ASSERT_TRUE(turn.Await(10 * kMiB, {}));
  ASSERT_TRUE(other->Await(50 * kMiB, {}));
  pool->Promise(10 * kMiB, stop.get_token());
  ASSERT_OK_AND_ASSIGN(auto promised, arrow::AllocateBuffer(10 * kMiB, pool.get()));
  ASSERT_OK_AND_ASSIGN(auto left, arrow::AllocateBuffer(40 * kMiB, pool.get()));
  stop.request_stop();
  EXPECT_TRUE(arrow::AllocateBuffer(kMiB, pool.get()).status().IsCancelled());
  EXPECT_TRUE(arrow::AllocateBuffer(151 * kMiB, pool.get()).status().IsOutOfMemory())
      << "above its own limit it does not wait";
  other.reset();
  pool->Promise(50 * kMiB, {});
  ASSERT_OK_AND_ASSIGN(auto alone, arrow::AllocateBuffer(100 * kMiB, pool.get()));
  pool->EndPromise();
}

TEST(ObjectPool, WhatItTookBeyondItsPromiseCountsAsLongAsItIsHeld) {
  constexpr int64_t kMiB = 1 << 20;
  const auto budget = Budget(kMiB, kMiB, /*most=*/100 * kMiB);
  std::stop_source stop;
  stop.request_stop();
  const auto pool =
      std::make_shared<ObjectPool>(arrow::default_memory_pool(), 200 * kMiB, budget);
  DecodeTurn turn(budget);
  DecodeTurn other(budget);
  ASSERT_TRUE(turn.Await(10 * kMiB, {}));
  ASSERT_TRUE(other.Await(10 * kMiB, {}));
  pool->Promise(10 * kMiB, {}, kMiB);
  ASSERT_OK_AND_ASSIGN(auto dictionary, arrow::AllocateBuffer(60 * kMiB, pool.get()));
  pool->Promise(10 * kMiB, {}, kMiB);
  EXPECT_FALSE(budget->Grow(50 * kMiB, stop.get_token())) << "the dictionary is there";
  dictionary.reset();
  pool->Promise(10 * kMiB, {}, kMiB);
  EXPECT_TRUE(budget->Grow(50 * kMiB, stop.get_token()));
  pool->EndPromise();
}

TEST(DecodeTurn, NobodyWaitsAfterStop) {
  const auto budget = Budget(100, 80);
  std::stop_source stop;
  DecodeTurn running(budget);
  ASSERT_TRUE(running.Await(1, {}));
  const MemoryCharge charge = budget->Charge(200);
  std::jthread fetch(
      [&] { EXPECT_FALSE(budget->AwaitCharge(1, stop.get_token()).has_value()); });
  std::jthread decode([&] {
    DecodeTurn turn(budget);
    EXPECT_FALSE(turn.Await(1, stop.get_token()));
    EXPECT_FALSE(turn.Await(1, stop.get_token()));
  });
  AwaitWaiting(*budget, 2);
  stop.request_stop();
  fetch.join();
  decode.join();
  EXPECT_EQ(budget->waiting(), 0);
  EXPECT_FALSE(running.Await(1, stop.get_token()));
}

/// Objects that always hold more than the limit, on many threads, and a "client" that
/// frees their batches on another one.
TEST(DecodeTurn, SomebodyCanAlwaysGoOn) {
  constexpr int kThreads = 8;
  constexpr int kObjects = 200;
  constexpr int kBatches = 5;
  for (const int64_t limit : {1, 40, 100}) {
    SCOPED_TRACE(limit);
    const auto budget = Budget(limit, limit, limit);
    std::atomic<int> batches = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int object = 0; object < kObjects; ++object) {
          const MemoryCharge part = budget->Charge(7);
          DecodeTurn turn(budget);
          for (int batch = 0; batch < kBatches; ++batch) {
            if (!turn.Await(9, {})) return;
            budget->AddDecoded(11);
            const auto ahead = budget->TryCharge(3);
            ++batches;
          }
          std::jthread([&] { budget->FreeDecoded(11 * kBatches); }).join();
        }
      });
    }
    for (int i = 0; i < kObjects; ++i) {
      EXPECT_TRUE(budget->AwaitCharge(5, {}).has_value());
    }
    threads.clear();
    EXPECT_EQ(batches, kThreads * kObjects * kBatches);
    EXPECT_EQ(budget->used_bytes(), 0);
  }
}

}  // namespace
}  // namespace s3source
