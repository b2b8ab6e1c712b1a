#include "store/limited_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "store/forwarding_store.h"
#include "store/memory_store.h"

namespace s3source {
namespace {

using ::testing::HasSubstr;
using ReadFuture = arrow::Future<std::shared_ptr<arrow::Buffer>>;

constexpr int64_t kNoMemoryFor = 3;

/// Passes on to another store, and throttles when the test says so.
class ThrottlingStore final : public ForwardingStore {
 public:
  ThrottlingStore(std::unique_ptr<ObjectStore> store, std::function<void()>& throttle)
      : ForwardingStore(*store), store_(std::move(store)), throttle_(throttle) {}

  std::chrono::nanoseconds ClockOffset() const override { return std::chrono::hours(1); }
  int64_t retries() const override { return 7; }
  ReadFuture Read(const Object& object, ByteRange range, std::stop_token stop) override {
    if (range.length == kNoMemoryFor) throw std::bad_alloc();
    return ForwardingStore::Read(object, range, std::move(stop));
  }
  void ObserveThrottling(std::function<void()> told) override {
    throttle_ = std::move(told);
  }

 private:
  std::unique_ptr<ObjectStore> store_;
  std::function<void()>& throttle_;
};

class LimitReadsTest : public ::testing::Test {
 protected:
  void Limit(int64_t concurrency) {
    auto memory = std::make_unique<MemoryStore>();
    memory_ = memory.get();
    object_ = memory_->Put("k", "0123456789");
    store_ = LimitReads(std::make_unique<ThrottlingStore>(std::move(memory), throttle_),
                        concurrency, logger_);
  }
  std::vector<ReadFuture> StartReads(int count, std::stop_token stop = {}) {
    std::vector<ReadFuture> reads;
    for (int i = 0; i < count; ++i) reads.push_back(store_->Read(object_, {i, 1}, stop));
    return reads;
  }

  cq::RecordingLogger logger_;
  std::function<void()> throttle_;
  MemoryStore* memory_ = nullptr;
  Object object_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(LimitReadsTest, TheStoreBehindIsStillSeen) {
  Limit(1);
  EXPECT_EQ(store_->ClockOffset(), std::chrono::hours(1));
  EXPECT_EQ(store_->retries(), 7);
}

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

TEST_F(LimitReadsTest, AReadThatThrowsIsOneThatFailed) {
  Limit(1);
  const auto thrown = store_->Read(object_, {0, kNoMemoryFor}, {});
  EXPECT_TRUE(thrown.status().IsOutOfMemory());
  auto reads = StartReads(1);
  EXPECT_OK(reads[0].result());
}

TEST_F(LimitReadsTest, ReadsThatAreAnsweredAtOnceDoNotNest) {
  Limit(1);
  memory_->HoldReads();
  auto reads = StartReads(1);
  for (int i = 0; i < 50'000; ++i) reads.push_back(store_->Read(object_, {0, 1}, {}));
  memory_->ReleaseReads();
  for (auto& read : reads) ASSERT_OK(read.result());
}

TEST_F(LimitReadsTest, AStoreThatThrottlesIsAskedForHalfAndMoreAgainLater) {
  Limit(4);
  memory_->HoldReads();
  auto reads = StartReads(4);
  for (int i = 0; i < 30; ++i) reads.push_back(store_->Read(object_, {0, 1}, {}));
  EXPECT_EQ(memory_->reads(), 4U);
  throttle_();
  throttle_();
  memory_->ReleaseReads(2);
  EXPECT_EQ(memory_->reads(), 4U) << "two are under way, and no more may be";
  memory_->ReleaseReads(1);
  EXPECT_EQ(memory_->reads(), 5U);
  memory_->ReleaseReads(1);
  EXPECT_EQ(memory_->reads(), 6U) << "the four of before have ended";
  memory_->ReleaseReads(2);
  EXPECT_EQ(memory_->reads(), 9U) << "two good ones: three are under way";
  memory_->ReleaseReads(3);
  EXPECT_EQ(memory_->reads(), 13U) << "three good ones: four are";
  memory_->ReleaseReads(4);
  EXPECT_EQ(memory_->reads(), 17U) << "never more than four";
  memory_->ReleaseReads();
  for (auto& read : reads) ASSERT_OK(read.result());
  EXPECT_EQ(memory_->most_held(), 4U);
  EXPECT_THAT(logger_.text(), HasSubstr("lower concurrency"));
}

TEST_F(LimitReadsTest, ThrottlingAfterDestructionIsNothing) {
  Limit(4);
  store_.reset();
  throttle_();
  EXPECT_EQ(logger_.text(), "");
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
