#include "spec/nearest_name.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "spec/fields.h"

namespace s3source {
namespace {

std::string_view NearestField(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Field& field : SpecFields()) names.push_back(field.name);
  return NearestName(name, names);
}

TEST(NearestName, FindsWhatWasMeant) {
  struct Case {
    std::string_view name, nearest;
  };
  for (const auto& [name, nearest] : {
           Case{"buket", "bucket"},
           Case{"BUCKETS", "bucket"},
           Case{"bucket_name", "bucket"},
           Case{"aws_region", "region"},
           Case{"regoin", "region"},
           Case{"profile", "local_profile"},
           Case{"prefix", "path_prefix"},
           Case{"pathPrefix", "path_prefix"},
           Case{"file_type", "filetype"},
           Case{"rows_per_records", "rows_per_record"},
           Case{"concurency", "concurrency"},
           Case{"endpoint_url", "endpoint"},
           Case{"force_path_style", "path_style"},
       }) {
    EXPECT_EQ(NearestField(name), nearest) << name;
  }
}

TEST(NearestName, SaysNothingWhenNoneIsNear) {
  for (const char* name :
       {"", "x", "path", "tables", "secret_key", "false", "---", "日本"}) {
    EXPECT_EQ(NearestField(name), "") << name;
  }
  EXPECT_EQ(NearestField("bucket" + std::string(1'000'000, 'x')), "");
  EXPECT_EQ(NearestName("bucket", {}), "");
}

}  // namespace
}  // namespace s3source
