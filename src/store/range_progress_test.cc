#include "store/range_progress.h"

#include <arrow/buffer.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>

namespace s3source {
namespace {

constexpr int64_t kStep = ArrivalMarks::kStep;
constexpr int64_t kOffset = 1000;
constexpr int64_t kBytes = 40 * kStep;
constexpr int64_t kLast = kOffset + kBytes - 1;

std::string RangeText(int64_t from, int64_t to, const std::string& total = "999999999") {
  return "bytes " + std::to_string(from) + "-" + std::to_string(to) + "/" + total;
}

class RangeProgressTest : public ::testing::Test {
 protected:
  RangeProgressTest()
      : buffer_(arrow::AllocateBuffer(kBytes).ValueOrDie()),
        progress_({kOffset, kBytes}, "\"v1\"", buffer_) {}

  /// As many bytes arrive of the request for the rest.
  void Arrive(int64_t bytes) {
    std::memset(progress_.destination(), 'x', static_cast<size_t>(bytes));
  }
  /// Begins a request whose attempt brings `bytes` and breaks off.
  bool BreakOff(int64_t bytes) {
    progress_.Begin();
    const std::string range = RangeText(progress_.rest().offset, kLast);
    Arrive(bytes);
    progress_.Look({206, "\"v1\"", range});
    return progress_.Keep({206, "\"v1\"", range});
  }

  std::shared_ptr<arrow::Buffer> buffer_;
  RangeProgress progress_;
};

TEST_F(RangeProgressTest, TheRestBeginsBehindWhatHasCome) {
  EXPECT_TRUE(BreakOff(3 * kStep + 100));
  EXPECT_EQ(progress_.kept(), 3 * kStep);
  progress_.Advance();
  EXPECT_EQ(progress_.rest().offset, kOffset + 3 * kStep);
  EXPECT_EQ(progress_.rest().length, kBytes - 3 * kStep);
  EXPECT_EQ(progress_.destination(), buffer_->data() + 3 * kStep);
  EXPECT_TRUE(BreakOff(kStep + 100));
  progress_.Advance();
  EXPECT_EQ(progress_.rest().offset, kOffset + 4 * kStep);
}

TEST_F(RangeProgressTest, AnswersBecomeOneAnswerToTheWholeRequest) {
  ASSERT_TRUE(BreakOff(3 * kStep + 100));
  progress_.Advance();
  progress_.Begin();
  const struct {
    std::string range;
    int64_t bytes;
    std::string joined;
    int64_t joined_bytes;
  } cases[] = {
      {RangeText(kOffset + 3 * kStep, kLast), kBytes - 3 * kStep,
       RangeText(kOffset, kLast), kBytes},
      {RangeText(kOffset + 3 * kStep, kLast, "5"), 7,
       RangeText(kOffset + 3 * kStep, kLast, "5"), 7},
      {RangeText(kOffset, kLast), kBytes, RangeText(kOffset, kLast), kBytes},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.range);
    std::string range = c.range;
    int64_t bytes = c.bytes;
    progress_.Join(&range, &bytes);
    EXPECT_EQ(range, c.joined);
    EXPECT_EQ(bytes, c.joined_bytes);
  }
}

TEST_F(RangeProgressTest, OnlyWhatWasAskedForIsKept) {
  const struct {
    const char* name;
    int status;
    const char* etag;
    std::string range;
  } cases[] = {
      {"another version", 206, "\"v2\"", RangeText(kOffset, kLast)},
      {"another place", 206, "\"v1\"", RangeText(kOffset + 1, kLast)},
      {"another end", 206, "\"v1\"", RangeText(kOffset, kLast + 1)},
      {"the whole object", 200, "\"v1\"", ""},
      {"no answer", 0, "", ""},
      {"an error", 503, "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    progress_.Begin();
    Arrive(5 * kStep);
    const RangeProgress::Head head{c.status, c.etag, c.range};
    progress_.Look(head);
    EXPECT_FALSE(progress_.Keep(head));
    EXPECT_EQ(progress_.kept(), 0);
  }
}

TEST_F(RangeProgressTest, AnotherSizeIsAnotherObject) {
  ASSERT_TRUE(BreakOff(3 * kStep + 100));
  progress_.Advance();
  progress_.Begin();
  Arrive(2 * kStep + 1);
  const std::string range = RangeText(kOffset + 3 * kStep, kLast, "888888888");
  progress_.Look({206, "\"v1\"", range});
  EXPECT_FALSE(progress_.Keep({206, "\"v1\"", range}));
}

TEST_F(RangeProgressTest, WhatCameBeforeForeignBytesOfTheSameRequestIsNotKept) {
  ASSERT_TRUE(BreakOff(3 * kStep + 100));
  progress_.Look({200, "\"v1\"", ""});  // of an attempt that had begun already
  EXPECT_EQ(progress_.kept(), 0);
  const std::string range = RangeText(kOffset, kLast);
  EXPECT_FALSE(progress_.Keep({206, "\"v1\"", range}));
  progress_.Advance();
  EXPECT_EQ(progress_.rest().offset, kOffset);
  EXPECT_TRUE(BreakOff(3 * kStep + 100)) << "the next request is free of them";
}

TEST_F(RangeProgressTest, OfARangeThereAreFewAttemptsThatBringMuch) {
  ASSERT_TRUE(BreakOff(kStep + 1));
  EXPECT_FALSE(progress_.kept_much());
  progress_.Advance();
  ASSERT_TRUE(BreakOff(2 * kStep + 1));
  EXPECT_TRUE(progress_.kept_much()) << "more than a 32nd of the whole range";
}

TEST_F(RangeProgressTest, TooFewBytesToTellAreNotKept) {
  EXPECT_FALSE(BreakOff(kStep - 1));
  EXPECT_EQ(progress_.kept(), 0);
}

}  // namespace
}  // namespace s3source
