#include "spec/name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using ::cq::testing::StatusIs;
using ::testing::HasSubstr;

TEST(Name, IsOfLettersDigitsAndThreeSigns) {
  for (const char* name : {"eu-west-1", "RegionOne", "default", "Old_Bucket", "a.b-c_d",
                           "7", "us-east-1.ceph"}) {
    EXPECT_OK(CheckName("region", name)) << name;
  }
}

TEST(Name, IsRefusedWithItsField) {
  const struct {
    const char* name;
    const char* says;
  } cases[] = {
      {"", "region is required"},
      {" a", "region has a space or line break"},
      {"a\n", "region has a space or line break"},
      {"a/b", "region \"a/b\" has a character"},
      {"..", "region \"..\" has a character"},
      {"-a", "region \"-a\" has a character"},
      {"a b", "region \"a b\" has a character"},
      {"a\r\nHost: x", "has a character"},
      {"é", "has a character"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(CheckName("region", c.name),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr(c.says)));
  }
}

TEST(Name, OfAnAwsRegionHasLowerCaseDigitsAndHyphensOnly) {
  for (const char* region : {"eu-west-1", "us-gov-east-1", "auto"}) {
    EXPECT_TRUE(IsAwsRegion(region)) << region;
  }
  for (const char* region : {"", "RegionOne", "eu_west_1", "eu-west-1.evil.test"}) {
    EXPECT_FALSE(IsAwsRegion(region)) << region;
  }
}

}  // namespace
}  // namespace s3source
