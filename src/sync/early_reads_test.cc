#include "sync/early_reads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "store/memory_store.h"

namespace s3source {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kKiB = 1 << 10;

class EarlyReadsTest : public ::testing::Test {
 protected:
  EarlyReadsTest() {
    read_.budget = MemoryBudget::Make({.fetch_bytes = 10 * 64 * kKiB});
    store_.HoldReads();
  }
  ~EarlyReadsTest() override { store_.ReleaseReads(); }

  Object Put(const std::string& key, size_t bytes = 100) {
    return store_.Put(key, std::string(bytes, 'x'));
  }

  std::vector<std::string> Asked() const {
    std::vector<std::string> keys;
    for (const auto& request : store_.requests()) keys.push_back(request.name);
    return keys;
  }

  MemoryStore store_;
  ReadOptions read_;
};

TEST_F(EarlyReadsTest, BeginAtOnceAndAreTakenOnce) {
  EarlyReads early(store_, read_, {.at_once = 2, .most_bytes = 1 << 20});
  const Object object = Put("a/1");
  early.Offer(object, false);
  EXPECT_EQ(store_.reads("a/1"), 1U);
  EXPECT_EQ(early.left(), 1);
  EXPECT_FALSE(early.Took(object));
  auto read = early.Take(object);
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(early.Took(object));
  EXPECT_EQ(early.left(), 0);
  EXPECT_FALSE(early.Take(object).has_value());
  store_.ReleaseReads();
  ASSERT_OK_AND_ASSIGN(const FetchedObject fetched, read->fetched.result());
  EXPECT_EQ(fetched.object.key, "a/1");
  EXPECT_EQ(fetched.tail->ToString(), std::string(100, 'x'));
}

TEST_F(EarlyReadsTest, NoMoreThanAllowedAreUnderWay) {
  EarlyReads early(store_, read_, {.at_once = 2, .most_bytes = 1 << 20});
  for (const char* key : {"a", "b", "c", "d"}) early.Offer(Put(key), false);
  EXPECT_THAT(Asked(), ElementsAre("a", "b"));
  store_.ReleaseReads(1);
  early.Offer(Put("e"), false);
  EXPECT_THAT(Asked(), ElementsAre("a", "b", "c"));
}

TEST_F(EarlyReadsTest, UrgentOnesBeginFirst) {
  EarlyReads early(store_, read_, {.at_once = 2, .most_bytes = 1 << 20});
  for (const char* key : {"a", "b", "c", "d"}) early.Offer(Put(key), false);
  early.Offer(Put("head"), true);
  store_.ReleaseReads(2);
  early.Offer(Put("z"), false);
  EXPECT_THAT(Asked(), ElementsAre("a", "b", "head", "c"));
}

TEST_F(EarlyReadsTest, HoldNoMoreBytesThanAllowed) {
  EarlyReads early(store_, read_, {.at_once = 100, .most_bytes = 3 * 64 * kKiB});
  early.Offer(Put("large", 100 * kKiB), false);
  early.Offer(Put("too-large", 100 * kKiB), false);
  early.Offer(Put("small"), false);
  early.Offer(Put("beyond"), false);
  EXPECT_THAT(Asked(), ElementsAre("large", "small"));
  EXPECT_EQ(read_.budget->used_bytes(), 164 * kKiB);
}

TEST_F(EarlyReadsTest, LeaveTheBudgetToWhoHasIt) {
  const MemoryCharge others = read_.budget->Charge(10 * 64 * kKiB);
  EarlyReads early(store_, read_, {.at_once = 100, .most_bytes = 1 << 20});
  early.Offer(Put("a"), true);
  EXPECT_THAT(Asked(), IsEmpty());
}

TEST_F(EarlyReadsTest, NoneAreBegunWhereNoneAreAllowedOrTheObjectIsArchived) {
  EarlyReads none(store_, read_, {.at_once = 0, .most_bytes = 1 << 20});
  none.Offer(Put("a"), true);
  EarlyReads early(store_, read_, {.at_once = 9, .most_bytes = 1 << 20});
  early.Offer(store_.Put("cold", "x", {.storage_class = "GLACIER"}), true);
  EXPECT_THAT(Asked(), IsEmpty());
}

TEST_F(EarlyReadsTest, OnlyTheVersionThatWasReadIsTaken) {
  EarlyReads early(store_, read_, {.at_once = 9, .most_bytes = 1 << 20});
  early.Offer(Put("a", 100), false);
  const Object newer = Put("a", 200);
  early.Offer(newer, false);
  EXPECT_EQ(store_.reads("a"), 1U) << "a server that lists a key twice";
  EXPECT_FALSE(early.Take(newer).has_value());
  EXPECT_FALSE(early.Took(newer));
  EXPECT_EQ(early.left(), 1);
}

TEST_F(EarlyReadsTest, AKeyThatWaitsTwiceIsReadOnce) {
  EarlyReads early(store_, read_, {.at_once = 3, .most_bytes = 1 << 20});
  for (const char* key : {"x", "y", "z"}) early.Offer(Put(key), false);
  const Object twice = Put("a");
  early.Offer(twice, false);
  early.Offer(twice, false);
  store_.ReleaseReads(3);
  early.Offer(twice, false);
  EXPECT_EQ(store_.reads("a"), 1U);
  EXPECT_EQ(early.left(), 4);
  EXPECT_EQ(read_.budget->used_bytes(), 4 * 64 * kKiB);
}

TEST_F(EarlyReadsTest, DropGivesBackTheMemoryOfWhatNobodyTook) {
  EarlyReads early(store_, read_, {.at_once = 9, .most_bytes = 1 << 20});
  const Object taken = Put("a");
  early.Offer(taken, false);
  early.Offer(Put("b"), false);
  const auto read = early.Take(taken);
  early.DropRest();
  EXPECT_EQ(early.left(), 0);
  EXPECT_TRUE(early.Took(taken));
  EXPECT_EQ(read_.budget->used_bytes(), 64 * kKiB);
}

TEST_F(EarlyReadsTest, StopEndsWhatWasTakenToo) {
  std::optional<EarlyReads::Read> read;
  {
    EarlyReads early(store_, read_, {.at_once = 9, .most_bytes = 1 << 20});
    const Object object = Put("a");
    early.Offer(object, false);
    read = early.Take(object);
  }
  ASSERT_TRUE(read->fetched.is_finished());
  EXPECT_TRUE(read->fetched.status().IsCancelled()) << read->fetched.status();
}

}  // namespace
}  // namespace s3source
