#include "cloudquery/log/line_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace cq {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr LineContext kContext{.module = "s3-source", .invocation_id = "run-1"};

TEST(JsonLine, HasTheKeysInTheOrderThatTheCliExpects) {
  EXPECT_EQ(FormatJsonLine(kContext, LogLevel::kWarn, "object skipped",
                           {{"key", "a/b.parquet"},
                            {"rows", 12},
                            {"ratio", 0.5},
                            {"last", true},
                            {"big", std::numeric_limits<int64_t>::min()}}),
            R"({"level":"warn","module":"s3-source","invocation_id":"run-1",)"
            R"("key":"a/b.parquet","rows":12,"ratio":0.5,"last":true,)"
            R"("big":-9223372036854775808,"message":"object skipped"})");
}

TEST(JsonLine, LeavesOutTheInvocationIdUntilItIsKnown) {
  EXPECT_EQ(
      FormatJsonLine({.module = "m", .invocation_id = ""}, LogLevel::kInfo, "hi", {}),
      R"({"level":"info","module":"m","message":"hi"})");
}

TEST(JsonLine, KeepsOurOwnKeysUnique) {
  const auto line = json::parse(
      FormatJsonLine(kContext, LogLevel::kInfo, "real",
                     {{"level", "fatal"}, {"message", "fake"}, {"time", "now"}}));
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["message"], "real");
  EXPECT_EQ(line["field_level"], "fatal");
  EXPECT_EQ(line["field_message"], "fake");
  EXPECT_FALSE(line.contains("time"));
}

TEST(JsonLine, WritesWhatJsonHasNoNumberForAsText) {
  const auto line = json::parse(
      FormatJsonLine(kContext, LogLevel::kInfo, "x",
                     {{"nan", std::nan("")}, {"inf", HUGE_VAL}, {"minus", -HUGE_VAL}}));
  EXPECT_EQ(line["nan"], "NaN");
  EXPECT_EQ(line["inf"], "+Inf");
  EXPECT_EQ(line["minus"], "-Inf");
}

TEST(JsonLine, CutsALongValueAndMarksIt) {
  const std::string text = FormatJsonLine(kContext, LogLevel::kError, "failed",
                                          {{"error", std::string(100'000, 'e')}});
  const auto line = json::parse(text);
  EXPECT_EQ(line["level"], "error");
  EXPECT_EQ(line["message"], "failed");
  EXPECT_THAT(line["error"].get<std::string>(), EndsWith("e…"));
}

TEST(JsonLine, CountsTheFieldsThatDoNotFit) {
  const std::string value(1000, 'v');
  const auto line = json::parse(FormatJsonLine(kContext, LogLevel::kInfo, "m",
                                               {{"a", value},
                                                {"b", value},
                                                {"c", value},
                                                {"d", value},
                                                {"e", value},
                                                {"f", value}}));
  EXPECT_EQ(line["a"], value);
  EXPECT_THAT(line["d"].get<std::string>(), EndsWith("v…"));
  EXPECT_EQ(line["dropped_fields"], 2);
}

// Bytes of all kinds, often those that grow when they are escaped.
std::string RandomText(std::mt19937& random) {
  static const std::vector<std::string> kBits = {
      "\"", "\\", "\n", "\x01", "\xff", "é", "日", "𝄞", "a", "\xed\xa0\x80"};
  const size_t length = std::uniform_int_distribution<size_t>(0, 3000)(random);
  const size_t mix = std::uniform_int_distribution<size_t>(1, kBits.size())(random);
  std::string text;
  while (text.size() < length) {
    text += kBits[std::uniform_int_distribution<size_t>(0, mix - 1)(random)];
  }
  return text;
}

TEST(JsonLine, IsShortValidAndCompleteWhateverTheValuesAre) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE(round);
    const std::string module = RandomText(random);
    const std::string id = RandomText(random);
    const std::string key = RandomText(random);
    const std::string a = RandomText(random);
    const std::string b = RandomText(random);
    const std::string text =
        FormatJsonLine({.module = module, .invocation_id = id}, LogLevel::kError,
                       RandomText(random), {{key, a}, {"b", b}, {"c", 5}, {"d", a}});
    ASSERT_LT(text.size() + 1, 4096U);
    ASSERT_EQ(text.find('\n'), std::string::npos);
    const auto line = json::parse(text);  // refuses broken UTF-8
    ASSERT_EQ(line["level"], "error");
    ASSERT_TRUE(line.contains("message"));
  }
}

TEST(TextLine, ReadsAsLevelMessageAndFields) {
  EXPECT_EQ(FormatTextLine({}, LogLevel::kInfo, "sync complete",
                           {{"rows", 3}, {"table", "a b"}}),
            R"(info  sync complete rows=3 table="a b")");
  EXPECT_EQ(FormatTextLine(kContext, LogLevel::kError, "x", {{"ok", false}, {"t", 1.5}}),
            "error x ok=false t=1.5 invocation_id=run-1");
}

TEST(TextLine, CannotBeForgedByAValue) {
  const std::string line = FormatTextLine({}, LogLevel::kInfo, "a\nerror fake",
                                          {{"key", "x\nerror fake\x1b[0m"}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_THAT(line, HasSubstr("a\\nerror fake"));
}

}  // namespace
}  // namespace cq
