#include "spec/byte_size.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace s3source {
namespace {

TEST(ParseByteSize, TakesAWholeNumberAndAUnit) {
  const struct {
    std::string text;
    int64_t bytes;
  } cases[] = {
      {"0", 0},
      {"123", 123},
      {"123B", 123},
      {"123 b", 123},
      {"2k", 2000},
      {"2kB", 2000},
      {"2KB", 2000},
      {"2Ki", 2048},
      {"2KiB", 2048},
      {"256M", 256'000'000},
      {"256MB", 256'000'000},
      {"512MiB", 536'870'912},
      {"512 MiB", 536'870'912},
      {"512mib", 536'870'912},
      {"512Mi", 536'870'912},
      {"1G", 1'000'000'000},
      {"1GB", 1'000'000'000},
      {"1Gi", 1'073'741'824},
      {"1GiB", 1'073'741'824},
      {"007", 7},
      {"9223372036854775807", INT64_MAX},
      {"8589934591GiB", 9'223'372'035'781'033'984},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(ParseByteSize(c.text), c.bytes);
  }
}

TEST(ParseByteSize, TakesNothingElse) {
  for (const std::string text : {"",
                                 " ",
                                 "MiB",
                                 "-1",
                                 "-1MiB",
                                 "+1",
                                 "1.5GiB",
                                 "1e9",
                                 "0x10",
                                 "1T",
                                 "1TiB",
                                 "1 ",
                                 " 1",
                                 "1  MiB",
                                 "1MiB ",
                                 "1bb",
                                 "1iB",
                                 "1 MiB x",
                                 "1,000",
                                 "9223372036854775808",
                                 "8589934592GiB",
                                 "9223372036854775807k"}) {
    SCOPED_TRACE('"' + text + '"');
    EXPECT_FALSE(ParseByteSize(text).has_value());
  }
  EXPECT_FALSE(ParseByteSize(std::string_view("1\0", 2)).has_value());
}

}  // namespace
}  // namespace s3source
