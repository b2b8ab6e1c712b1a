#include "cursor/table_cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using ::cq::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using Listing = std::vector<Object>;

Timestamp Time(const std::string& text) { return ParseTimestamp(text).ValueOrDie(); }

/// An object of 2024-12-01.
Object At(const std::string& key, const std::string& clock,
          const std::string& etag = "e1") {
  Object object;
  object.key = key;
  object.etag = etag;
  object.size_bytes = 100;
  object.last_modified = Time("2024-12-01T" + clock + "Z");
  return object;
}

std::vector<std::string> Keys(const Listing& objects) {
  std::vector<std::string> keys;
  for (const auto& object : objects) keys.push_back(object.key);
  return keys;
}

/// A table and its state, synced again and again.
struct Syncs {
  CursorState state;
  CursorOptions options;
  Timestamp now = Time("2024-12-01T23:00:00Z");
  std::optional<Timestamp> shortened_to;

  TableCursor Cursor() const { return TableCursor::Decode(state, options).ValueOrDie(); }
  std::vector<std::string> Planned(const Listing& listed) const {
    return Keys(Cursor().Plan(listed).objects);
  }
  /// One clean sync in which the objects named in `failing` are skipped; gives what was
  /// planned.
  std::vector<std::string> Sync(const Listing& listed,
                                const std::vector<std::string>& failing = {}) {
    TableCursor cursor = Cursor();
    const auto work = cursor.Plan(listed);
    for (const Object& object : work.objects) {
      if (std::ranges::find(failing, object.key) == failing.end()) cursor.Record(object);
    }
    Store(cursor.Encode(listed, now).ValueOrDie());
    return Keys(work.objects);
  }
  void Store(const std::optional<TableCursor::Update>& update) {
    now += std::chrono::seconds(1);
    if (!update) return;
    if (!update->plain.empty()) state.plain.second = update->plain;
    shortened_to = update->shortened_to;
    const std::string own = DeliveredKey("b", "t", options.share);
    std::erase_if(state.delivered, [&](const auto& value) { return value.first == own; });
    state.delivered.emplace_back(own, update->delivered);
  }
};

TEST(TableCursor, WithoutStateEverythingIsPlannedInTheListingsOrder) {
  Syncs syncs;
  EXPECT_THAT(syncs.Planned({At("b", "10:00:00"), At("a", "09:00:00")}),
              ElementsAre("b", "a"));
}

TEST(TableCursor, ReadsNothingTwice) {
  Syncs syncs;
  const Listing listed{At("a", "09:00:00"), At("b", "10:00:00")};
  EXPECT_THAT(syncs.Sync(listed), ElementsAre("a", "b"));
  EXPECT_THAT(syncs.Sync(listed), IsEmpty());
}

TEST(TableCursor, FindsAnObjectWrittenInTheSameSecond) {
  Syncs syncs;
  syncs.Sync({At("a", "12:00:00")});
  EXPECT_THAT(syncs.Sync({At("a", "12:00:00"), At("b", "12:00:00")}), ElementsAre("b"));
  EXPECT_THAT(syncs.Sync({At("a", "12:00:00"), At("b", "12:00:00")}), IsEmpty());
}

TEST(TableCursor, FindsAMultipartUploadFinishedLater) {
  Syncs syncs;
  syncs.Sync({At("a", "14:59:00")});
  const Listing later{At("a", "14:59:00"), At("upload", "09:00:00")};
  EXPECT_THAT(syncs.Sync(later), ElementsAre("upload"));
  EXPECT_THAT(syncs.Sync(later), IsEmpty());
}

TEST(TableCursor, FindsWhatWasOverwrittenWithinTheSecond) {
  Syncs syncs;
  syncs.Sync({At("a", "12:00:00", "e1")});
  EXPECT_THAT(syncs.Sync({At("a", "12:00:00", "e2")}), ElementsAre("a"));
  EXPECT_THAT(syncs.Sync({At("a", "12:00:00", "e2")}), IsEmpty());
}

TEST(TableCursor, TheSameContentWrittenAgainIsNotReadAgain) {
  Syncs syncs;
  syncs.Sync({At("a", "12:00:00")});
  EXPECT_THAT(syncs.Sync({At("a", "18:00:00")}), IsEmpty());
}

TEST(TableCursor, WhatIsOlderThanTheWindowCountsAsDelivered) {
  Syncs syncs;
  syncs.options.lookback = std::chrono::hours(2);
  syncs.Sync({At("a", "12:00:00")});
  EXPECT_THAT(syncs.Planned({At("edge", "10:00:00"), At("before", "09:59:59")}),
              ElementsAre("edge"));
}

TEST(TableCursor, AWindowThatReachesBackBeforeAllTimeIsEverything) {
  const auto in = [](const std::string& key, const std::string& year) {
    Object object = At(key, "12:00:00");
    object.last_modified = Time(year + "-01-01T00:00:00Z");
    return object;
  };
  Syncs syncs;
  syncs.options.lookback = std::chrono::nanoseconds::max();
  syncs.Sync({in("a", "1700")});
  EXPECT_THAT(syncs.Planned({in("older", "1680")}), ElementsAre("older"));
}

TEST(TableCursor, ANewestObjectFromTheFutureDoesNotMoveTheWindowPastTheListing) {
  Syncs syncs;
  syncs.options.lookback = std::chrono::hours(1);
  syncs.now = Time("2024-12-01T10:00:00Z");
  syncs.Sync({At("skewed", "22:00:00")});
  EXPECT_THAT(syncs.Planned({At("b", "10:00:01")}), ElementsAre("b"));
}

TEST(TableCursor, WhatFailedIsOwedHoweverOldItGetsAndComesFirst) {
  Syncs syncs;
  syncs.options.lookback = std::chrono::minutes(1);
  Listing listed{At("a", "09:00:00"), At("bad", "09:00:00"), At("z", "12:00:00")};
  EXPECT_THAT(syncs.Sync(listed, {"bad"}), ElementsAre("a", "bad", "z"));
  listed.insert(listed.begin(), At("0new", "12:00:30"));
  const auto work = syncs.Cursor().Plan(listed);
  EXPECT_THAT(Keys(work.objects), ElementsAre("bad", "0new"));
  EXPECT_EQ(work.owed, 1);
  EXPECT_THAT(syncs.Sync(listed, {"bad"}), ElementsAre("bad", "0new"));
  EXPECT_THAT(syncs.Sync(listed), ElementsAre("bad"));
  EXPECT_THAT(syncs.Sync(listed), IsEmpty());
}

TEST(TableCursor, WhatIsOwedIsForgottenWithTheObject) {
  Syncs syncs;
  syncs.options.lookback = std::chrono::minutes(1);
  const Object kept = At("z", "12:00:00");
  syncs.Sync({At("bad", "09:00:00"), kept}, {"bad"});
  syncs.Sync({kept});
  EXPECT_THAT(syncs.Planned({At("bad", "09:00:00"), kept}), IsEmpty());
}

TEST(TableCursor, AVersionReadInsteadOfTheListedOneIsNotReadAgain) {
  Syncs syncs;
  TableCursor cursor = syncs.Cursor();
  const Listing listed{At("a", "12:00:00", "e1")};
  cursor.Record(At("a", "12:00:05", "e2"));
  ASSERT_OK_AND_ASSIGN(const auto update, cursor.Encode(listed, syncs.now));
  syncs.Store(update);
  EXPECT_THAT(syncs.Planned({At("a", "12:00:05", "e2")}), IsEmpty());
  EXPECT_THAT(syncs.Planned({At("a", "12:00:05", "e3")}), ElementsAre("a"));
}

TEST(TableCursor, RecordingDoesNotChangeThePlanOfTheSameRun) {
  TableCursor cursor;
  cursor.Record(At("a", "12:00:00"));
  EXPECT_THAT(Keys(cursor.Plan({At("a", "12:00:00")}).objects), ElementsAre("a"));
}

TEST(TableCursor, ASyncWithNothingNewStoresNothing) {
  Syncs syncs;
  const Listing listed{At("a", "09:00:00"), At("bad", "10:00:00")};
  syncs.Sync(listed, {"bad"});
  ASSERT_OK_AND_ASSIGN(const auto update, syncs.Cursor().Encode(listed, syncs.now));
  EXPECT_FALSE(update.has_value());
}

TEST(TableCursor, KeepsThePlainCursorOfTheGoPluginUpToDate) {
  Syncs syncs;
  syncs.Sync({At("a", "12:00:00.5"), At("bad", "23:00:00")}, {"bad"});
  EXPECT_EQ(syncs.state.plain.second, "2024-12-01T12:00:00.5Z");
  syncs.Sync({At("upload", "09:00:00"), At("a", "12:00:00.5")});
  EXPECT_EQ(syncs.state.plain.second, "2024-12-01T12:00:00.5Z") << "never moves back";
}

TEST(TableCursor, TakesOverFromTheGoPlugin) {
  Syncs syncs;
  syncs.state.plain.second = "2024-12-01T12:00:00Z";
  const Listing listed{At("a", "09:00:00"), At("b", "12:00:00"), At("c", "12:00:01")};
  EXPECT_THAT(syncs.Sync(listed), ElementsAre("c"));
  Listing later = listed;
  later.push_back(At("upload", "10:00:00"));
  EXPECT_THAT(syncs.Sync(later), ElementsAre("upload"))
      << "what the Go plugin had delivered is known by version from now on";
}

TEST(TableCursor, TakesOverAgainAfterTheGoPluginRanInBetween) {
  Syncs syncs;
  syncs.Sync({At("a", "09:00:00"), At("bad", "09:30:00")}, {"bad"});
  syncs.state.plain.second =
      "2024-12-01T12:00:00Z";  // the Go plugin's, which read a and b
  const Listing listed{At("a", "09:00:00"), At("bad", "09:30:00"), At("b", "12:00:00"),
                       At("c", "13:00:00"), At("upload", "08:00:00")};
  EXPECT_THAT(syncs.Sync(listed), ElementsAre("bad", "c", "upload"));
  EXPECT_THAT(syncs.Sync(listed), IsEmpty());
}

TEST(TableCursor, APlainCursorSetBackReadsAgainWhatIsNewer) {
  Syncs syncs;
  const Listing listed{At("a", "09:00:00"), At("b", "12:00:00"), At("c", "13:00:00")};
  syncs.Sync(listed);
  syncs.state.plain.second = "2024-12-01T09:00:00Z";
  EXPECT_THAT(syncs.Sync(listed), ElementsAre("b", "c"));
  EXPECT_THAT(syncs.Sync(listed), IsEmpty());
}

TEST(TableCursor, ADeletedPlainCursorStartsAnew) {
  Syncs syncs;
  const Listing listed{At("a", "09:00:00"), At("b", "12:00:00")};
  syncs.Sync(listed);
  syncs.state.plain.second = "";
  EXPECT_THAT(syncs.Sync(listed), ElementsAre("a", "b"));
  EXPECT_THAT(syncs.Sync(listed), IsEmpty());
}

TEST(TableCursor, AnotherPathPrefixLosesNothing) {
  Syncs syncs;
  syncs.options.path_prefix = "data/2024";
  syncs.options.lookback = std::chrono::hours(1);
  const Listing narrow{At("data/2024/a", "08:00:00"), At("data/2024/b", "12:00:00")};
  syncs.Sync(narrow);
  syncs.options.path_prefix = "data/";
  EXPECT_TRUE(syncs.Cursor().other_prefix());
  Listing wide = narrow;
  wide.push_back(At("data/2023/c", "07:00:00"));
  EXPECT_THAT(syncs.Sync(wide), UnorderedElementsAre("data/2024/a", "data/2023/c"));
  EXPECT_FALSE(syncs.Cursor().other_prefix());
  EXPECT_THAT(syncs.Sync(wide), IsEmpty());
}

TEST(TableCursor, AWindowTooLargeForItsBudgetIsShortenedByTime) {
  Syncs syncs;
  Listing listed;
  for (int i = 0; i < 60; ++i) {
    listed.push_back(At("k" + std::to_string(i),
                        "12:" + std::to_string(i / 10) + std::to_string(i % 10) + ":00"));
  }
  syncs.options.budget_bytes = EncodedBytes(20, 0);
  syncs.Sync(listed);
  ASSERT_TRUE(syncs.shortened_to.has_value());
  EXPECT_GE(*syncs.shortened_to, Time("2024-12-01T12:39:00Z"));
  EXPECT_LE(*syncs.shortened_to, Time("2024-12-01T12:42:00Z"));
  EXPECT_LE(static_cast<int64_t>(syncs.state.delivered.front().second.size()),
            syncs.options.budget_bytes);
  EXPECT_THAT(syncs.Planned(listed), IsEmpty()) << "what is forgotten is not read again";
  EXPECT_THAT(syncs.Planned({At("late", "12:45:00"), At("lost", "12:30:00")}),
              ElementsAre("late"));
}

TEST(TableCursor, WhatIsOwedIsNeverForgotten) {
  Syncs syncs;
  Listing listed;
  std::vector<std::string> failing;
  for (int i = 0; i < 100; ++i) {
    failing.push_back("bad" + std::to_string(i));
    listed.push_back(At(failing.back(), "12:00:00"));
  }
  syncs.options.budget_bytes = EncodedBytes(0, 99);
  EXPECT_THAT(syncs.Cursor().Encode(listed, syncs.now),
              StatusIs(arrow::StatusCode::CapacityError, HasSubstr("100 objects")));
  syncs.options.budget_bytes = EncodedBytes(0, 100);
  syncs.Sync(listed, failing);
  EXPECT_EQ(syncs.Planned(listed).size(), 100u);
}

TEST(TableCursor, SharesDeliverEverythingOnceBetweenThem) {
  Syncs syncs;
  Listing listed;
  for (int i = 0; i < 50; ++i) listed.push_back(At("k" + std::to_string(i), "12:00:00"));
  std::vector<std::string> read;
  for (const int32_t num : {3, 1, 2}) {
    syncs.options.share = {num, 3};
    for (const auto& key : syncs.Sync(listed)) read.push_back(key);
    EXPECT_EQ(syncs.state.plain.second, "") << "the plain cursor knows no shares";
  }
  std::vector<std::string> all = Keys(listed);
  EXPECT_THAT(read, ::testing::UnorderedElementsAreArray(all));
}

TEST(TableCursor, SharesOfAnotherTotalKnowWhatWasDelivered) {
  Syncs syncs;
  syncs.options.lookback = std::chrono::minutes(5);
  Listing listed;
  for (int i = 0; i < 60; ++i) {
    listed.push_back(At("k" + std::to_string(i),
                        "12:" + std::to_string(i / 10) + std::to_string(i % 10) + ":00"));
  }
  const auto sync_shares = [&](int32_t total) {
    std::vector<std::string> read;
    for (int32_t num = 1; num <= total; ++num) {
      syncs.options.share = {num, total};
      for (const auto& key : syncs.Sync(listed, {"k7"})) read.push_back(key);
    }
    return read;
  };
  EXPECT_EQ(sync_shares(3).size(), 60u);
  EXPECT_THAT(sync_shares(2), ElementsAre("k7"));
  EXPECT_THAT(sync_shares(1), ElementsAre("k7"));
  listed.push_back(At("new", "12:59:30"));
  EXPECT_THAT(sync_shares(5), UnorderedElementsAre("k7", "new"));
  EXPECT_THAT(sync_shares(3), ElementsAre("k7"));
}

TEST(TableCursor, ABrokenValueIsAnErrorThatNamesItsKeyAndTheRemedy) {
  CursorState state;
  state.plain = {"s3/b/t/last_modified_cursor", "yesterday\n"};
  EXPECT_THAT(TableCursor::Decode(state, {}),
              StatusIs(arrow::StatusCode::Invalid,
                       AllOf(HasSubstr("s3/b/t/last_modified_cursor"),
                             HasSubstr("\"yesterday\\n\""), HasSubstr("delete"))));
  state.plain = {};
  state.delivered = {{"s3/b/t/delivered", "v1 broken"}};
  EXPECT_THAT(TableCursor::Decode(state, {}),
              StatusIs(arrow::StatusCode::Invalid,
                       AllOf(HasSubstr("s3/b/t/delivered"), HasSubstr("delete"))));
}

TEST(TableCursor, KeysOfTheStateAreTheGoPluginsAndOurs) {
  EXPECT_EQ(CursorKey("my-bucket", "data_2024"),
            "s3/my-bucket/data_2024/last_modified_cursor");
  EXPECT_EQ(SchemaKey("my-bucket", "data_2024"), "s3/my-bucket/data_2024/schema");
  EXPECT_EQ(DeliveredKey("my-bucket", "data_2024", {}),
            "s3/my-bucket/data_2024/delivered");
  EXPECT_EQ(DeliveredKey("my-bucket", "data_2024", {2, 3}),
            "s3/my-bucket/data_2024/delivered/2of3");
}

}  // namespace
}  // namespace s3source
