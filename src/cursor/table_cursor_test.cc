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
using ::testing::Not;

Object At(const std::string& key, const std::string& time) {
  Object object;
  object.key = key;
  object.last_modified = ParseTimestamp(time).ValueOrDie();
  return object;
}

std::vector<std::string> Keys(const std::vector<Object>& objects) {
  std::vector<std::string> keys;
  for (const auto& object : objects) keys.push_back(object.key);
  return keys;
}

const std::vector<Object>& Listed() {
  static const auto* const listed = new std::vector<Object>{
      At("data/old.parquet", "2024-01-01T00:00:00Z"),
      At("data/newest.parquet", "2024-12-01T00:00:00Z"),
      At("data/new.parquet", "2024-06-15T12:00:00Z"),
  };
  return *listed;
}

TEST(TableCursor, WithoutStateEverythingIsPlanned) {
  EXPECT_THAT(Keys(TableCursor().Plan(Listed())),
              ElementsAre("data/old.parquet", "data/newest.parquet", "data/new.parquet"));
  ASSERT_OK_AND_ASSIGN(const auto cursor, TableCursor::Decode(""));
  EXPECT_EQ(cursor.Plan(Listed()).size(), 3u);
}

TEST(TableCursor, PlansWhatIsNewerInTheListingsOrder) {
  ASSERT_OK_AND_ASSIGN(const auto cursor, TableCursor::Decode("2024-06-01T00:00:00Z"));
  EXPECT_THAT(Keys(cursor.Plan(Listed())),
              ElementsAre("data/newest.parquet", "data/new.parquet"));
}

TEST(TableCursor, PlansNothingWhenAllIsOlder) {
  ASSERT_OK_AND_ASSIGN(const auto cursor, TableCursor::Decode("2025-01-01T00:00:00Z"));
  EXPECT_THAT(cursor.Plan(Listed()), IsEmpty());
}

TEST(TableCursor, ReadsNothingTwice) {
  TableCursor first;
  for (const auto& object : first.Plan(Listed())) first.Record(object);
  ASSERT_OK_AND_ASSIGN(const auto second, TableCursor::Decode(first.Encode()));
  EXPECT_THAT(second.Plan(Listed()), IsEmpty());
}

TEST(TableCursor, TheTimeItselfCountsAsDeliveredButNotTheNextNanosecond) {
  ASSERT_OK_AND_ASSIGN(const auto cursor, TableCursor::Decode("2024-06-01T00:00:00Z"));
  EXPECT_THAT(Keys(cursor.Plan({At("same", "2024-06-01T00:00:00Z"),
                                At("next", "2024-06-01T00:00:00.000000001Z")})),
              ElementsAre("next"));
}

TEST(TableCursor, EncodesTheNewestDeliveredWhateverTheOrder) {
  TableCursor cursor;
  EXPECT_EQ(cursor.Encode(), "");
  cursor.Record(At("a", "2024-01-01T00:00:00Z"));
  cursor.Record(At("b", "2024-12-01T00:00:00.5Z"));
  cursor.Record(At("c", "2024-06-15T00:00:00Z"));
  EXPECT_EQ(cursor.Encode(), "2024-12-01T00:00:00.5Z");
}

TEST(TableCursor, IsUnchangedWhenNothingWasDelivered) {
  ASSERT_OK_AND_ASSIGN(const auto cursor,
                       TableCursor::Decode("2024-06-01T02:00:00+02:00"));
  EXPECT_EQ(cursor.Encode(), "2024-06-01T00:00:00Z");
}

TEST(TableCursor, NeverMovesBack) {
  ASSERT_OK_AND_ASSIGN(auto cursor, TableCursor::Decode("2024-06-01T00:00:00Z"));
  cursor.Record(At("older", "2023-01-01T00:00:00Z"));
  EXPECT_EQ(cursor.Encode(), "2024-06-01T00:00:00Z");
}

TEST(TableCursor, RecordingDoesNotChangeThePlanOfTheSameRun) {
  ASSERT_OK_AND_ASSIGN(auto cursor, TableCursor::Decode("2024-05-01T00:00:00Z"));
  cursor.Record(Listed()[1]);
  EXPECT_EQ(cursor.Plan(Listed()).size(), 2u);
}

TEST(TableCursor, ABrokenValueIsAnErrorThatNamesIt) {
  EXPECT_THAT(TableCursor::Decode("yesterday\n"),
              StatusIs(arrow::StatusCode::Invalid,
                       AllOf(HasSubstr("broken cursor"), HasSubstr("\"yesterday\\n\""))));
  EXPECT_THAT(TableCursor::Decode(" "), StatusIs(arrow::StatusCode::Invalid));
  EXPECT_THAT(
      TableCursor::Decode(std::string(1'000'000, 'x')),
      StatusIs(arrow::StatusCode::Invalid, Not(HasSubstr(std::string(100, 'x')))));
}

TEST(TableCursor, KeysAreTheGoPlugins) {
  EXPECT_EQ(CursorKey("my-bucket", "data_2024"),
            "s3/my-bucket/data_2024/last_modified_cursor");
  EXPECT_EQ(SchemaKey("my-bucket", "data_2024"), "s3/my-bucket/data_2024/schema");
}

}  // namespace
}  // namespace s3source
