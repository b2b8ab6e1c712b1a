#include "store/timestamp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using ::cq::testing::StatusIs;
using ::testing::HasSubstr;

Timestamp FromNanos(int64_t nanos) { return Timestamp(std::chrono::nanoseconds(nanos)); }

nlohmann::json Golden(const char* section) {
  std::ifstream file(CQS3_GOLDEN_DIR "/vectors.json");
  auto all = nlohmann::json::parse(file, nullptr, false);
  EXPECT_TRUE(all.is_object()) << "cannot read " CQS3_GOLDEN_DIR "/vectors.json";
  if (!all.is_object() || !all[section].is_array()) return nlohmann::json::array();
  return all[section];
}

TEST(Timestamp, IsWrittenAsGoWritesIt) {
  const auto cases = Golden("rfc3339nano_format");
  ASSERT_FALSE(cases.empty());
  for (const auto& c : cases) {
    EXPECT_EQ(FormatTimestamp(FromNanos(c["UnixNano"])), c["Text"]);
  }
}

TEST(Timestamp, IsReadAsGoReadsIt) {
  const auto cases = Golden("rfc3339nano_parse");
  ASSERT_FALSE(cases.empty());
  for (const auto& c : cases) {
    const std::string text = c["Text"];
    SCOPED_TRACE(text);
    const auto time = ParseTimestamp(text);
    ASSERT_EQ(time.ok(), c["Ok"].get<bool>());
    if (time.ok()) {
      EXPECT_EQ(time->time_since_epoch().count(), c["UnixNano"].get<int64_t>());
    }
  }
}

TEST(Timestamp, BeforeTheEpochIsWrittenAndRead) {
  EXPECT_EQ(FormatTimestamp(FromNanos(-1)), "1969-12-31T23:59:59.999999999Z");
  ASSERT_OK_AND_ASSIGN(const auto time, ParseTimestamp("1969-12-31T23:59:59.75Z"));
  EXPECT_EQ(time, FromNanos(-250'000'000));
}

TEST(Timestamp, OffsetsMayCrossDays) {
  ASSERT_OK_AND_ASSIGN(const auto east, ParseTimestamp("2024-03-01T00:30:00+05:45"));
  EXPECT_EQ(FormatTimestamp(east), "2024-02-29T18:45:00Z");
  ASSERT_OK_AND_ASSIGN(const auto west, ParseTimestamp("2023-12-31T20:00:00.5-08:00"));
  EXPECT_EQ(FormatTimestamp(west), "2024-01-01T04:00:00.5Z");
}

TEST(Timestamp, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "T", "Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z", "2024-01-32T00:00:00Z", "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+25:00", "2024-01-01T00:00:00+0200",
        "2024-01-01T00:00:00Zx", "-024-01-01T00:00:00Z", "2024-01-01T00:00:00",
        "+2024-01-01T00:00:00Z"}) {
    EXPECT_THAT(ParseTimestamp(text), StatusIs(arrow::StatusCode::Invalid)) << text;
  }
}

TEST(Timestamp, RefusesWhatNanosecondsDoNotReach) {
  for (const char* text : {"0001-01-01T00:00:00Z", "1677-01-01T00:00:00Z",
                           "2263-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    EXPECT_THAT(ParseTimestamp(text),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr("1678 and 2261")))
        << text;
  }
  EXPECT_OK(ParseTimestamp("1678-01-01T00:00:00Z"));
  EXPECT_OK(ParseTimestamp("2261-12-31T23:59:59.999999999Z"));
}

TEST(Timestamp, SurvivesARoundTrip) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<int64_t> any(-9'214'000'000'000'000'000,
                                             9'214'000'000'000'000'000);
  for (int i = 0; i < 20'000; ++i) {
    // Dropping digits gives fractions of every length.
    const int64_t unit = std::array{1, 1'000, 1'000'000, 1'000'000'000}[i % 4];
    const Timestamp time = FromNanos(any(random) / unit * unit);
    const std::string text = FormatTimestamp(time);
    ASSERT_OK_AND_ASSIGN(const auto again, ParseTimestamp(text));
    ASSERT_EQ(again, time) << text;
  }
}

TEST(Timestamp, AnyBytesAreReadOrRefused) {
  std::mt19937 random(2);
  const std::string good = "2024-12-01T00:00:00.123+02:00";
  int refused = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text = good.substr(0, random() % (good.size() + 1));
    for (unsigned edits = random() % 4; edits > 0 && !text.empty(); --edits) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    const auto time = ParseTimestamp(text);
    if (time.ok()) {
      EXPECT_EQ(*ParseTimestamp(FormatTimestamp(*time)), *time) << text;
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1'000);
}

}  // namespace
}  // namespace s3source
