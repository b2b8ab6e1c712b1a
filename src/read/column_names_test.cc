#include "read/column_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace s3source {
namespace {

using Names = std::vector<std::string>;

struct Case {
  const char* what;
  Names names;
  Names finals;
};

TEST(ColumnNames, FollowTheRules) {
  const Case cases[] = {
      {"no columns", {}, {}},
      {"ordinary names stay",
       {"id", "Name", "größe", "a b"},
       {"id", "Name", "größe", "a b"}},
      {"columns the CLI sets",
       {"_cq_sync_time", "_cq_source_name", "_cq_sync_group_id"},
       {"original_cq_sync_time", "original_cq_source_name", "original_cq_sync_group_id"}},
      {"in any letter case", {"_CQ_Sync_Time"}, {"original_CQ_Sync_Time"}},
      {"a parent id without an id", {"_cq_parent_id"}, {"original_cq_parent_id"}},
      {"a parent id with an id",
       {"_cq_parent_id", "_cq_id"},
       {"_cq_parent_id", "_cq_id"}},
      {"an id in other letters is not CloudQuery's",
       {"_CQ_ID", "_cq_parent_id"},
       {"original_CQ_ID", "original_cq_parent_id"}},
      {"other names of CloudQuery stay", {"_cq_client_id"}, {"_cq_client_id"}},
      {"empty names", {"", "x", ""}, {"column_1", "x", "column_3"}},
      {"control characters and broken UTF-8",
       {std::string("a\0b", 3), "a\nb", "\xff", "\xc3\xa9"},
       {"a\\x00b", "a\\nb", "\\xff", "é"}},
      {"duplicates", {"a", "a", "a"}, {"a", "a_2", "a_3"}},
      {"twins but for case", {"Id", "id", "ID"}, {"Id", "id_2", "ID_3"}},
      {"a name that is there keeps its place", {"a", "a", "a_2"}, {"a", "a_3", "a_2"}},
      {"an empty name beside its replacement",
       {"column_2", ""},
       {"column_2", "column_2_2"}},
      {"a renamed column beside its replacement",
       {"original_cq_source_name", "_cq_source_name"},
       {"original_cq_source_name", "original_cq_source_name_2"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(FinalColumnNames(c.names), c.finals);
  }
}

TEST(ColumnNames, KeepLongNamesWhole) {
  const std::string name(5000, 'x');
  EXPECT_THAT(FinalColumnNames({name}), testing::ElementsAre(name));
}

}  // namespace
}  // namespace s3source
