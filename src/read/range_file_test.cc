#include "read/range_file.h"

#include <arrow/buffer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "read/memory_budget.h"
#include "store/memory_store.h"

namespace s3source {
namespace {

constexpr int64_t kKiB = 1 << 10;
constexpr int64_t kStep = 256 * kKiB;
constexpr int64_t kChunk = 4 * kStep;
constexpr int64_t kTail = 100;
constexpr int kParts = 3;

/// A file of three parts of two column chunks of four steps each, and a tail.
class RangeFileTest : public ::testing::Test {
 protected:
  RangeFileTest() {
    for (int64_t i = 0; i < 2 * kParts * kChunk + kTail; ++i) {
      bytes_ += static_cast<char>(i * 2654435761U >> 16);
    }
    object_ = store_.Put("a", bytes_);
    options_.row_group_prefetch_bytes = 4 * kStep;
    options_.range_bytes = kChunk;
  }

  std::unique_ptr<RangeFile> Open(bool streamed) {
    plan_ = FilePlan();
    for (int part = 0; part < kParts; ++part) {
      FilePart& made = plan_.parts.emplace_back();
      made.streamed = streamed;
      made.ranges = {{2 * part * kChunk, kChunk}, {(2 * part + 1) * kChunk, kChunk}};
    }
    const FetchedObject fetched{
        object_, arrow::Buffer::FromString(bytes_.substr(bytes_.size() - kTail))};
    return std::make_unique<RangeFile>(store_, fetched, plan_, options_,
                                       std::stop_token(), arrow::default_memory_pool());
  }

  void ExpectRead(RangeFile& file, int64_t offset, int64_t length) {
    ASSERT_OK_AND_ASSIGN(const auto read, file.ReadAt(offset, length));
    EXPECT_TRUE(read->ToString() == bytes_.substr(offset, length)) << "at " << offset;
  }

  /// Both columns in step, as they are decoded.
  void ReadPart(RangeFile& file, int part) {
    constexpr int64_t kPiece = 64 * kKiB;
    for (int64_t at = 0; at < kChunk; at += kPiece) {
      for (const int64_t column : {0, 1}) {
        ExpectRead(file, (2 * part + column) * kChunk + at, kPiece);
      }
    }
  }

  /// The numbers of the steps that were asked for, in order.
  std::vector<int64_t> Steps() const {
    std::vector<int64_t> steps;
    for (const auto& request : store_.requests()) {
      EXPECT_EQ(request.range.offset % kStep, 0);
      for (int64_t i = 0; i < request.range.length / kStep; ++i) {
        steps.push_back(request.range.offset / kStep + i);
      }
    }
    return steps;
  }

  void ExpectEachByteOnce() const {
    std::vector<int64_t> steps = Steps();
    std::sort(steps.begin(), steps.end());
    ASSERT_EQ(steps.size(), 2 * kParts * kChunk / kStep);
    for (size_t i = 0; i < steps.size(); ++i) EXPECT_EQ(steps[i], i);
  }

  using Numbers = std::vector<int64_t>;

  MemoryStore store_;
  std::string bytes_;
  Object object_;
  ReadOptions options_;
  FilePlan plan_;
};

TEST_F(RangeFileTest, RequestsTheNextStepBeforeTheOneThatIsReadHasCome) {
  const auto file = Open(/*streamed=*/true);
  store_.HoldReads();
  file->NextPart();
  EXPECT_EQ(Steps(), (Numbers{0, 4}));
  std::jthread reader([&] { ExpectRead(*file, 0, 10); });
  store_.AwaitHeldReads(3);
  EXPECT_EQ(Steps(), (Numbers{0, 4, 1}));
  store_.ReleaseReads();
  reader.join();
  ExpectRead(*file, kStep, 10);
  EXPECT_EQ(Steps(), (Numbers{0, 4, 1, 2}));
}

TEST_F(RangeFileTest, RequestsAllThatOneReadNeedsAtOnce) {
  const auto file = Open(/*streamed=*/true);
  store_.HoldReads();
  file->NextPart();
  std::jthread reader([&] { ExpectRead(*file, 10, 2 * kStep); });
  store_.AwaitHeldReads(4);
  EXPECT_EQ(Steps(), (Numbers{0, 4, 1, 2}));
  store_.ReleaseReads();
}

TEST_F(RangeFileTest, RequestsTheNextStreamedPartWhileTheLastStepsAreRead) {
  const auto file = Open(/*streamed=*/true);
  file->NextPart();
  ExpectRead(*file, 2 * kStep, 1);
  ExpectRead(*file, kChunk + 2 * kStep, 1);
  const size_t before = Steps().size();
  ExpectRead(*file, 3 * kStep, 1);
  Numbers steps = Steps();
  EXPECT_EQ(Numbers(steps.begin() + before, steps.end()), (Numbers{8}));
  ExpectRead(*file, kChunk + 3 * kStep, 1);
  steps = Steps();
  EXPECT_EQ(Numbers(steps.begin() + before, steps.end()), (Numbers{8, 12}));
}

TEST_F(RangeFileTest, ReadsEachByteOnceWhateverTheBudgetHasRoomFor) {
  for (const bool streamed : {true, false}) {
    for (const int64_t fetch_bytes : {int64_t{0}, kStep, 3 * kStep, 100 * kStep}) {
      SCOPED_TRACE(::testing::Message() << streamed << ", " << fetch_bytes << " bytes");
      store_.ForgetRequests();
      options_.budget =
          MemoryBudget::Make({.limit_bytes = fetch_bytes, .fetch_bytes = fetch_bytes});
      const auto file = Open(streamed);
      for (int part = 0; part < kParts; ++part) {
        file->NextPart();
        ReadPart(*file, part);
      }
      ExpectEachByteOnce();
    }
  }
}

TEST_F(RangeFileTest, ChargesWhatItHoldsAndReadsAheadOnlyWhatFits) {
  for (const bool streamed : {true, false}) {
    SCOPED_TRACE(streamed ? "streamed" : "in ranges");
    const int64_t unit = streamed ? kStep : kChunk;
    options_.budget = MemoryBudget::Make({.limit_bytes = 1, .fetch_bytes = 1});
    const MemoryBudget& budget = *options_.budget;
    auto file = Open(streamed);
    file->NextPart();
    EXPECT_EQ(budget.used_bytes(), 2 * unit) << "the part that is read is always there";
    ReadPart(*file, 0);
    EXPECT_EQ(budget.used_bytes(), 2 * unit) << "one step of each column";
    file->NextPart();
    EXPECT_EQ(budget.used_bytes(), 2 * unit);
    file.reset();
    EXPECT_EQ(budget.used_bytes(), 0);
  }
}

TEST_F(RangeFileTest, CanReadOnceMoreWhatWasPeekedAtAcrossSteps) {
  const auto file = Open(/*streamed=*/true);
  file->NextPart();
  const int64_t at = kStep - 100;
  ASSERT_OK_AND_ASSIGN(auto peeked, file->PeekAt(at, 200));
  EXPECT_TRUE(peeked->ToString() == bytes_.substr(at, 200));
  EXPECT_EQ(Steps(), (Numbers{0, 4, 1})) << "nothing is asked for by a look ahead";
  ExpectRead(*file, at, 2 * kStep);
  EXPECT_TRUE(file->PeekAt(at, 1).status().IsInvalid()) << "it was read";
}

TEST_F(RangeFileTest, CopiesOfAStepOnlyWhatIsToBeKept) {
  const auto file = Open(/*streamed=*/true);
  file->NextPart();
  ASSERT_OK_AND_ASSIGN(const auto borrowed, file->BorrowAt(10, 1000));
  ASSERT_OK_AND_ASSIGN(const auto again, file->BorrowAt(10, 1000));
  EXPECT_EQ(borrowed->data(), again->data());
  ASSERT_OK_AND_ASSIGN(const auto kept, file->ReadAt(10, 1000));
  EXPECT_NE(kept->data(), borrowed->data());
  EXPECT_TRUE(kept->Equals(*borrowed));
  const auto whole = Open(/*streamed=*/false);
  whole->NextPart();
  ASSERT_OK_AND_ASSIGN(const auto first, whole->ReadAt(10, 1000));
  ASSERT_OK_AND_ASSIGN(const auto second, whole->ReadAt(10, 1000));
  EXPECT_EQ(first->data(), second->data()) << "a part that is held whole";
}

TEST_F(RangeFileTest, ReadsAheadAgainWhenThereIsRoomAgain) {
  options_.row_group_prefetch_bytes = 4 * kChunk;
  options_.budget = MemoryBudget::Make({.limit_bytes = 0, .fetch_bytes = 4 * kChunk});
  MemoryCharge other = options_.budget->Charge(3 * kChunk);
  const auto file = Open(/*streamed=*/false);
  file->NextPart();
  EXPECT_EQ(store_.reads(), 2);
  other = MemoryCharge();
  ExpectRead(*file, 0, 1);
  EXPECT_EQ(store_.reads(), 4);
}

}  // namespace
}  // namespace s3source
