#include "store/limited_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "store/memory_store.h"

namespace s3source {
namespace {

using ReadFuture = arrow::Future<std::shared_ptr<arrow::Buffer>>;

class LimitReadsTest : public ::testing::Test {
 protected:
  void Limit(int64_t concurrency) {
    auto memory = std::make_unique<MemoryStore>();
    memory_ = memory.get();
    object_ = memory_->Put("k", "0123456789");
    store_ = LimitReads(std::move(memory), concurrency);
  }
  std::vector<ReadFuture> StartReads(int count, std::stop_token stop = {}) {
    std::vector<ReadFuture> reads;
    for (int i = 0; i < count; ++i) reads.push_back(store_->Read(object_, {i, 1}, stop));
    return reads;
  }

  MemoryStore* memory_ = nullptr;
  Object object_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(LimitReadsTest, NeverHasMoreThanTheBoundUnderWay) {
  Limit(3);
  memory_->HoldReads();
  auto reads = StartReads(10);
  EXPECT_EQ(memory_->reads(), 3u);
  memory_->ReleaseReads(1);
  EXPECT_TRUE(reads[0].is_finished());
  EXPECT_EQ(memory_->reads(), 4u);
  memory_->ReleaseReads();
  for (int i = 0; i < 10; ++i) {
    ASSERT_OK_AND_ASSIGN(const auto bytes, reads[i].result());
    EXPECT_EQ(bytes->ToString(), std::to_string(i));
  }
  EXPECT_EQ(memory_->most_held(), 3u);
}

TEST_F(LimitReadsTest, ZeroAndLessLiftTheBound) {
  for (const int64_t concurrency : {0, -1}) {
    Limit(concurrency);
    memory_->HoldReads();
    auto reads = StartReads(10);
    EXPECT_EQ(memory_->reads(), 10u);
    memory_->ReleaseReads();
    for (auto& read : reads) EXPECT_OK(read.result());
  }
}

TEST_F(LimitReadsTest, AStoppedReadLeavesTheLineAtOnceAndNeverStarts) {
  Limit(1);
  memory_->HoldReads();
  auto first = StartReads(1);
  std::stop_source stop;
  auto stopped = StartReads(3, stop.get_token());
  auto last = StartReads(1);
  stop.request_stop();
  for (auto& read : stopped) {
    ASSERT_TRUE(read.is_finished());
    EXPECT_TRUE(read.status().IsCancelled());
  }
  memory_->ReleaseReads();
  EXPECT_OK(first[0].result());
  EXPECT_OK(last[0].result());
  EXPECT_EQ(memory_->reads(), 2u);
}

TEST_F(LimitReadsTest, AStoppedReadUnderWayGivesItsPermitBack) {
  Limit(1);
  memory_->HoldReads();
  std::stop_source stop;
  auto stopped = StartReads(1, stop.get_token());
  auto next = StartReads(1);
  stop.request_stop();
  EXPECT_TRUE(stopped[0].status().IsCancelled());
  memory_->AwaitHeldReads(1);
  memory_->ReleaseReads();
  EXPECT_OK(next[0].result());
}

TEST_F(LimitReadsTest, AFailedReadGivesItsPermitBack) {
  Limit(1);
  memory_->FailReads("k", arrow::Status::IOError("broken"), 1);
  auto reads = StartReads(2);
  EXPECT_TRUE(reads[0].status().IsIOError());
  EXPECT_OK(reads[1].result());
}

TEST_F(LimitReadsTest, ReadsThatAreAnsweredAtOnceDoNotNest) {
  Limit(1);
  memory_->HoldReads();
  auto reads = StartReads(1);
  for (int i = 0; i < 50'000; ++i) reads.push_back(store_->Read(object_, {0, 1}, {}));
  memory_->ReleaseReads();
  for (auto& read : reads) ASSERT_OK(read.result());
}

TEST_F(LimitReadsTest, DestructionCancelsTheLine) {
  Limit(1);
  memory_->HoldReads();
  auto reads = StartReads(3);
  store_.reset();
  for (auto& read : reads) {
    ASSERT_TRUE(read.is_finished());
    EXPECT_TRUE(read.status().IsCancelled());
  }
}

TEST_F(LimitReadsTest, HoldsItsBoundUnderReadsAndStopsOfManyThreads) {
  Limit(4);
  std::atomic<int> ended = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 500; ++i) {
          std::stop_source stop;
          auto read = store_->Read(object_, {0, 10}, stop.get_token());
          if ((i + t) % 3 == 0) stop.request_stop();
          read.Wait();
          ++ended;
        }
      });
    }
  }
  EXPECT_EQ(ended, 2000);
}

}  // namespace
}  // namespace s3source
