#include "store/range_progress.h"

#include <arrow/buffer.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace s3source {
namespace {

constexpr int64_t kOffset = 1000;
constexpr int64_t kBytes = 640;
constexpr int64_t kLast = kOffset + kBytes - 1;

std::string RangeText(int64_t from, int64_t to, const std::string& total = "999999999") {
  return "bytes " + std::to_string(from) + "-" + std::to_string(to) + "/" + total;
}

class RangeProgressTest : public ::testing::Test {
 protected:
  RangeProgressTest()
      : buffer_(arrow::AllocateBuffer(kBytes).ValueOrDie()),
        progress_({kOffset, kBytes}, "\"v1\"", buffer_) {}

  void Begin() { progress_.Begin("\"v1\"", RangeText(progress_.rest().offset, kLast)); }
  /// What an answer keeps that brings `bytes` and breaks off.
  int64_t BreakOff(const std::string& bytes) {
    Begin();
    EXPECT_TRUE(progress_.Add(bytes));
    return progress_.Keep();
  }
  std::string Written(size_t bytes) const { return buffer_->ToString().substr(0, bytes); }

  std::shared_ptr<arrow::Buffer> buffer_;
  RangeProgress progress_;
};

TEST_F(RangeProgressTest, TheRestBeginsBehindTheLastByteThatCame) {
  EXPECT_EQ(BreakOff("abc"), 3);
  EXPECT_EQ(progress_.rest().offset, kOffset + 3);
  EXPECT_EQ(progress_.rest().length, kBytes - 3);
  EXPECT_EQ(BreakOff("de"), 2);
  EXPECT_EQ(progress_.rest().offset, kOffset + 5);
  EXPECT_EQ(Written(5), "abcde");
}

TEST_F(RangeProgressTest, BytesComeInPieces) {
  Begin();
  EXPECT_TRUE(progress_.Add("ab"));
  EXPECT_TRUE(progress_.Add("cde"));
  EXPECT_EQ(Written(5), "abcde");
}

TEST_F(RangeProgressTest, AnAnswerThatBringsNothingKeepsNothing) {
  EXPECT_EQ(BreakOff(""), 0);
  EXPECT_EQ(progress_.rest().offset, kOffset);
  progress_.Begin("\"v1\"", RangeText(kOffset, kLast, "5"));
  EXPECT_TRUE(progress_.Add("a"));
  EXPECT_EQ(progress_.Keep(), 1) << "its size is of no consequence";
}

TEST_F(RangeProgressTest, MoreThanAskedForIsCountedAndNotWritten) {
  ASSERT_EQ(BreakOff("abc"), 3);
  Begin();
  EXPECT_TRUE(progress_.Add(std::string(kBytes - 3, 'x')));
  EXPECT_FALSE(progress_.Add("y"));
  EXPECT_EQ(progress_.Keep(), 0);
}

TEST_F(RangeProgressTest, AnswersBecomeOneAnswerToTheWholeRequest) {
  ASSERT_EQ(BreakOff("abc"), 3);
  const struct {
    std::string range;
    int64_t bytes;
    std::string joined;
    int64_t joined_bytes;
  } cases[] = {
      {RangeText(kOffset + 3, kLast), kBytes - 3, RangeText(kOffset, kLast), kBytes},
      {RangeText(kOffset + 3, kLast, "5"), 7, RangeText(kOffset + 3, kLast, "5"), 7},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.range);
    progress_.Begin("\"v1\"", c.range);
    EXPECT_TRUE(progress_.Add(std::string(static_cast<size_t>(c.bytes), 'x')));
    std::string range = c.range;
    int64_t bytes = 0;
    progress_.Join(&range, &bytes);
    EXPECT_EQ(range, c.joined);
    EXPECT_EQ(bytes, c.joined_bytes);
  }
}

TEST_F(RangeProgressTest, AnAnswerToTheWholeRequestBeginsAnew) {
  ASSERT_EQ(BreakOff("abc"), 3);
  for (const char* total : {"999999999", "5"}) {
    SCOPED_TRACE(total);
    const std::string all = RangeText(kOffset, kLast, total);
    progress_.Begin("\"v1\"", all);
    EXPECT_TRUE(progress_.Add(std::string(kBytes, 'x')));
    std::string range = all;
    int64_t bytes = 0;
    progress_.Join(&range, &bytes);
    EXPECT_EQ(range, all);
    EXPECT_EQ(bytes, kBytes);
    EXPECT_EQ(buffer_->ToString(), std::string(kBytes, 'x'));
  }
}

TEST_F(RangeProgressTest, OnlyWhatWasAskedForIsKept) {
  const struct {
    const char* name;
    const char* etag;
    std::string range;
  } cases[] = {
      {"another version", "\"v2\"", RangeText(kOffset + 1, kLast)},
      {"all of another version", "\"v2\"", RangeText(kOffset, kLast)},
      {"another place", "\"v1\"", RangeText(kOffset + 2, kLast)},
      {"another end", "\"v1\"", RangeText(kOffset + 1, kLast + 1)},
      {"the whole object", "\"v1\"", ""},
      {"no version", "", RangeText(kOffset + 1, kLast)},
  };
  ASSERT_EQ(BreakOff("a"), 1);
  const std::string before = buffer_->ToString();
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    progress_.Begin(c.etag, c.range);
    EXPECT_TRUE(progress_.Add("foreign"));
    EXPECT_EQ(progress_.Keep(), 0);
    EXPECT_EQ(progress_.rest().offset, kOffset + 1);
    EXPECT_EQ(buffer_->ToString(), before);
  }
}

TEST_F(RangeProgressTest, ATagIsTheSameWithoutItsQuotes) {
  progress_.Begin("v1", RangeText(kOffset, kLast));
  EXPECT_TRUE(progress_.Add("abc"));
  EXPECT_EQ(progress_.Keep(), 3);
}

TEST_F(RangeProgressTest, AnotherSizeIsAnotherObject) {
  ASSERT_EQ(BreakOff("abc"), 3);
  progress_.Begin("\"v1\"", RangeText(kOffset + 3, kLast, "888888888"));
  EXPECT_TRUE(progress_.Add("de"));
  EXPECT_EQ(progress_.Keep(), 0);
}

TEST_F(RangeProgressTest, OfARangeThereAreFewAttemptsThatBringMuch) {
  constexpr int64_t kLeast = kBytes / RangeProgress::kMostFreeAttempts;
  EXPECT_FALSE(progress_.IsWorthAnAttempt(kLeast - 1));
  for (int i = 0; i < RangeProgress::kMostFreeAttempts; ++i) {
    EXPECT_TRUE(progress_.IsWorthAnAttempt(kLeast));
  }
  EXPECT_FALSE(progress_.IsWorthAnAttempt(kLeast)) << "for ever";
}

}  // namespace
}  // namespace s3source
