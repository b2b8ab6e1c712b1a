#include "catalog/table_schema.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "cloudquery/schema/extension_types.h"
#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using ::arrow::field;
using ::arrow::schema;
using ::cq::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<arrow::KeyValueMetadata> Flag(const std::string& key) {
  return arrow::key_value_metadata({"cq:extension:" + key}, {"true"});
}

std::vector<std::string> ColumnNames(const cq::Table& table) {
  std::vector<std::string> names;
  for (const auto& column : table.columns) names.push_back(column.name);
  return names;
}

TEST(MakeTable, PutsTheInternalColumnsInFront) {
  ASSERT_OK_AND_ASSIGN(const auto table,
                       MakeTable("data", *schema({field("id", arrow::int64(), false),
                                                  field("name", arrow::utf8())})));
  EXPECT_EQ(table.name, "data");
  EXPECT_TRUE(table.is_incremental);
  ASSERT_THAT(ColumnNames(table), ElementsAre("_cq_id", "_cq_parent_id", "id", "name"));

  const auto& id = table.columns[0];
  EXPECT_TRUE(id.type->Equals(*cq::Uuid()));
  EXPECT_TRUE(id.not_null && id.unique && id.primary_key);
  const auto& parent_id = table.columns[1];
  EXPECT_TRUE(parent_id.type->Equals(*cq::Uuid()));
  EXPECT_FALSE(parent_id.not_null || parent_id.unique || parent_id.primary_key);
}

TEST(MakeTable, KeepsTypesNamesAndNullability) {
  const auto nested =
      arrow::struct_({field("x", arrow::list(field("element", arrow::int32(), false)))});
  ASSERT_OK_AND_ASSIGN(const auto table,
                       MakeTable("t", *schema({field("My Column", nested),
                                               field("n", arrow::int8(), false)})));
  EXPECT_EQ(table.columns[2].name, "My Column");
  EXPECT_TRUE(table.columns[2].type->Equals(*nested));
  EXPECT_FALSE(table.columns[2].not_null);
  EXPECT_TRUE(table.columns[3].not_null);
  EXPECT_FALSE(table.columns[3].primary_key || table.columns[3].unique ||
               table.columns[3].incremental_key);
}

TEST(MakeTable, AFileWithItsOwnIdKeepsItAndGetsNoPrimaryKey) {
  ASSERT_OK_AND_ASSIGN(const auto table,
                       MakeTable("t", *schema({field("name", arrow::utf8()),
                                               field("_cq_id", arrow::utf8()),
                                               field("_cq_parent_id", arrow::utf8())})));
  EXPECT_THAT(ColumnNames(table), ElementsAre("name", "_cq_id", "_cq_parent_id"));
  EXPECT_TRUE(table.columns[1].type->Equals(*arrow::utf8()));
  for (const auto& column : table.columns)
    EXPECT_FALSE(column.primary_key) << column.name;
  EXPECT_TRUE(table.is_incremental);
}

TEST(MakeTable, FlagsOfTheFileAreRespected) {
  ASSERT_OK_AND_ASSIGN(
      const auto table,
      MakeTable(
          "t",
          *schema({field("id", arrow::int64(), false)->WithMetadata(Flag("primary_key")),
                   field("u", arrow::utf8())->WithMetadata(Flag("unique")),
                   field("i", arrow::utf8())->WithMetadata(Flag("incremental"))})));
  ASSERT_EQ(table.columns.size(), 5u);
  EXPECT_FALSE(table.columns[0].primary_key) << "another column is the primary key";
  EXPECT_TRUE(table.columns[0].unique && table.columns[0].not_null);
  EXPECT_TRUE(table.columns[2].primary_key);
  EXPECT_TRUE(table.columns[3].unique);
  EXPECT_TRUE(table.columns[4].incremental_key);
}

TEST(MakeTable, TheTableAFileOnceWasIsNotOurs) {
  const auto metadata = arrow::key_value_metadata(
      {"cq:table_name", "cq:table_title", "cq:table_description",
       "cq:extension:constraint_name", "cq:extension:incremental"},
      {"aws_ec2_instances", "Instances", "text", "aws_ec2_instances_cqpk", "false"});
  ASSERT_OK_AND_ASSIGN(
      const auto table,
      MakeTable("data", *schema({field("a", arrow::int64())}, metadata)));
  EXPECT_EQ(table.name, "data");
  EXPECT_EQ(table.title, "");
  EXPECT_EQ(table.description, "");
  EXPECT_EQ(table.pk_constraint_name, "");
  EXPECT_TRUE(table.is_incremental);
}

TEST(MakeTable, AFileWithoutColumnsMakesATable) {
  ASSERT_OK_AND_ASSIGN(const auto table, MakeTable("t", *schema(arrow::FieldVector{})));
  EXPECT_THAT(ColumnNames(table), ElementsAre("_cq_id", "_cq_parent_id"));
}

TEST(MakeTable, RefusesColumnsThatShareAName) {
  EXPECT_THAT(
      MakeTable("t", *schema({field("a", arrow::int64()), field("a", arrow::utf8())})),
      StatusIs(arrow::StatusCode::Invalid, HasSubstr("a")));
  EXPECT_THAT(MakeTable("t", *schema({field("_cq_parent_id", arrow::utf8())})),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("_cq_parent_id")));
  EXPECT_THAT(MakeTable("t", *schema({field("", arrow::utf8())})),
              StatusIs(arrow::StatusCode::Invalid));
  EXPECT_THAT(MakeTable("", *schema({field("a", arrow::utf8())})),
              StatusIs(arrow::StatusCode::Invalid));
}

}  // namespace
}  // namespace s3source
