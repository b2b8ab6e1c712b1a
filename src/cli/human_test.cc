#include "cli/human.h"

#include <gtest/gtest.h>

namespace s3source {
namespace {

TEST(Human, WritesBytes) {
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(1023), "1023 B");
  EXPECT_EQ(HumanBytes(1024), "1.0 KiB");
  EXPECT_EQ(HumanBytes(1536), "1.5 KiB");
  EXPECT_EQ(HumanBytes(10 << 10), "10 KiB");
  EXPECT_EQ(HumanBytes((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(HumanBytes(int64_t{5} << 40), "5.0 TiB");
  EXPECT_EQ(HumanBytes(int64_t{5} << 60), "5120 PiB");
}

TEST(Human, WritesNumbersAndCounts) {
  EXPECT_EQ(HumanNumber(0), "0");
  EXPECT_EQ(HumanNumber(999), "999");
  EXPECT_EQ(HumanNumber(1000), "1,000");
  EXPECT_EQ(HumanNumber(-1234567), "-1,234,567");
  EXPECT_EQ(HumanCount(1, "row"), "1 row");
  EXPECT_EQ(HumanCount(1000, "row"), "1,000 rows");
}

}  // namespace
}  // namespace s3source
