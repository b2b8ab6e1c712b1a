#include "spec/duration.h"

#include <gtest/gtest.h>

namespace s3source {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Duration, TakesWholeNumbersWithAUnit) {
  EXPECT_EQ(ParseDuration("24h"), hours(24));
  EXPECT_EQ(ParseDuration("7d"), hours(7 * 24));
  EXPECT_EQ(ParseDuration("90 m"), minutes(90));
  EXPECT_EQ(ParseDuration("0s"), seconds(0));
  EXPECT_EQ(ParseDuration("36525d"), hours(24 * 36525));
}

TEST(Duration, RefusesAllElse) {
  for (const char* text :
       {"", "24", "h", "-1h", "1.5h", "1h30m", "24 hours", "1w", " 1h", "1h ", "36526d",
        "99999999999999999999h", "9223372036854775807d"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(Duration, IsShownInItsLargestUnit) {
  EXPECT_EQ(FormatDuration(hours(24)), "1d");
  EXPECT_EQ(FormatDuration(hours(25)), "25h");
  EXPECT_EQ(FormatDuration(minutes(90)), "90m");
  EXPECT_EQ(FormatDuration(seconds(61)), "61s");
  EXPECT_EQ(FormatDuration(seconds(0)), "0s");
}

}  // namespace
}  // namespace s3source
