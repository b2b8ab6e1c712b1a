#include "cloudquery/schema/table.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "cloudquery/schema/extension_types.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/golden_files.h"

namespace cq {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

using Texts = std::map<std::string, std::string>;

Texts ToMap(const std::shared_ptr<const arrow::KeyValueMetadata>& metadata) {
  Texts texts;
  if (metadata == nullptr) return texts;
  for (int64_t i = 0; i < metadata->size(); ++i) {
    EXPECT_TRUE(texts.emplace(metadata->key(i), metadata->value(i)).second)
        << "twice: " << metadata->key(i);
  }
  return texts;
}

void ExpectMetadataOfGo(const arrow::Schema& schema, const std::string& golden_file) {
  const auto golden = testing::GoldenJson(golden_file);
  EXPECT_EQ(ToMap(schema.metadata()), golden["Metadata"].get<Texts>());
  const auto& fields = golden["Fields"];
  ASSERT_EQ(static_cast<size_t>(schema.num_fields()), fields.size());
  for (int i = 0; i < schema.num_fields(); ++i) {
    const auto& field = *schema.field(i);
    SCOPED_TRACE(field.name());
    EXPECT_EQ(field.name(), fields[i]["Name"].get<std::string>());
    EXPECT_EQ(field.nullable(), fields[i]["Nullable"].get<bool>());
    EXPECT_EQ(ToMap(field.metadata()), fields[i]["Metadata"].get<Texts>());
  }
}

Table DataTable() {
  Table table;
  table.name = "data_2024";
  table.is_incremental = true;
  table.columns = {{.name = "id", .type = arrow::int64(), .type_schema = {}},
                   {.name = "name", .type = arrow::utf8(), .type_schema = {}}};
  return table;
}

TEST(ToArrowSchema, WritesTheMetadataOfTheGoSdk) {
  Table table = DataTable();
  ExpectMetadataOfGo(*ToArrowSchema(table), "simple_no_cqid.schema.json");
  table.columns.insert(table.columns.begin(), {CqIdColumn(true), CqParentIdColumn()});
  ExpectMetadataOfGo(*ToArrowSchema(table), "simple_with_cqid.schema.json");
}

TEST(ToArrowSchema, WritesWhatOnlySomeTablesHave) {
  Table table = DataTable();
  table.is_incremental = false;
  table.parent = "years";
  table.is_paid = true;
  table.title = "Data";
  table.description = "All of it";
  table.pk_constraint_name = "data_pk";
  table.permissions_needed = {"s3:GetObject", "a<b>&\"c\""};
  table.sensitive_columns = {"name"};
  EXPECT_EQ(ToMap(ToArrowSchema(table)->metadata()),
            (Texts{{"cq:table_name", "data_2024"},
                   {"cq:table_title", "Data"},
                   {"cq:table_description", "All of it"},
                   {"cq:table_depends_on", "years"},
                   {"cq:table_paid", "true"},
                   {"cq:extension:constraint_name", "data_pk"},
                   {"cq:table_permissions_needed",
                    "[\"s3:GetObject\",\"a\\u003cb\\u003e\\u0026\\\"c\\\"\"]"},
                   {"cq:table_sensitive_columns", "[\"name\"]"}}));
}

TEST(FromArrowSchema, RestoresEveryPartOfATable) {
  Table table = DataTable();
  table.title = "Data";
  table.description = "All of it";
  table.pk_constraint_name = "data_pk";
  table.parent = "years";
  table.is_paid = true;
  table.permissions_needed = {"s3:GetObject", "a<b>&\"c\""};
  table.sensitive_columns = {"name"};
  table.columns = {CqIdColumn(false),
                   {.name = "key",
                    .type = arrow::int64(),
                    .not_null = true,
                    .primary_key = true,
                    .incremental_key = true,
                    .primary_key_component = true,
                    .type_schema = {}},
                   {.name = "doc", .type = Json(), .type_schema = R"({"a":"utf8"})"},
                   {.name = "ids", .type = arrow::list(Uuid()), .type_schema = {}}};
  ASSERT_OK_AND_ASSIGN(const auto back, FromArrowSchema(*ToArrowSchema(table)));
  EXPECT_EQ(back.name, table.name);
  EXPECT_EQ(back.title, table.title);
  EXPECT_EQ(back.description, table.description);
  EXPECT_EQ(back.pk_constraint_name, table.pk_constraint_name);
  EXPECT_EQ(back.parent, table.parent);
  EXPECT_TRUE(back.is_incremental);
  EXPECT_TRUE(back.is_paid);
  EXPECT_EQ(back.permissions_needed, table.permissions_needed);
  EXPECT_EQ(back.sensitive_columns, table.sensitive_columns);
  ASSERT_EQ(back.columns.size(), table.columns.size());
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const auto& expected = table.columns[i];
    const auto& column = back.columns[i];
    SCOPED_TRACE(expected.name);
    EXPECT_EQ(column.name, expected.name);
    EXPECT_TRUE(column.type->Equals(*expected.type)) << column.type->ToString();
    EXPECT_EQ(column.not_null, expected.not_null);
    EXPECT_EQ(column.primary_key, expected.primary_key);
    EXPECT_EQ(column.unique, expected.unique);
    EXPECT_EQ(column.incremental_key, expected.incremental_key);
    EXPECT_EQ(column.primary_key_component, expected.primary_key_component);
    EXPECT_EQ(column.type_schema, expected.type_schema);
  }
}

std::shared_ptr<arrow::Field> StorageField(std::shared_ptr<arrow::DataType> storage,
                                           const std::string& name,
                                           const std::string& metadata) {
  return arrow::field(
      "x", std::move(storage), true,
      arrow::key_value_metadata({"ARROW:extension:name", "ARROW:extension:metadata"},
                                {name, metadata}));
}

arrow::Result<Table> TableOf(const std::shared_ptr<arrow::Field>& field) {
  return FromArrowSchema(
      *arrow::schema({field}, arrow::key_value_metadata({"cq:table_name"}, {"t"})));
}

TEST(FromArrowSchema, RestoresExtensionTypesAtAnyDepth) {
  const auto uuid = StorageField(arrow::fixed_size_binary(16), "uuid", "uuid-serialized");
  const auto restored = arrow::field("x", Uuid());
  const struct {
    std::shared_ptr<arrow::DataType> wire;
    std::shared_ptr<arrow::DataType> expected;
  } cases[] = {
      {arrow::list(uuid), arrow::list(restored)},
      {arrow::large_list(uuid), arrow::large_list(restored)},
      {arrow::fixed_size_list(uuid, 3), arrow::fixed_size_list(restored, 3)},
      {arrow::struct_({uuid}), arrow::struct_({restored})},
      {arrow::map(arrow::utf8(), uuid), arrow::map(arrow::utf8(), restored)},
      {arrow::list(arrow::struct_({uuid})), arrow::list(arrow::struct_({restored}))},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.wire->ToString());
    ASSERT_OK_AND_ASSIGN(const auto table, TableOf(arrow::field("c", c.wire)));
    EXPECT_TRUE(table.columns[0].type->Equals(*c.expected, /*check_metadata=*/true))
        << table.columns[0].type->ToString(true);
  }
}

TEST(FromArrowSchema, RefusesAnExtensionInTheWrongStorage) {
  EXPECT_THAT(TableOf(StorageField(arrow::utf8(), "json", "json-serialized")),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("column x: the extension")));
  EXPECT_THAT(TableOf(StorageField(arrow::binary(), "json", "")),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("json-serialized")));
}

TEST(FromArrowSchema, LeavesForeignExtensionsAsTheyAre) {
  ASSERT_OK_AND_ASSIGN(const auto table,
                       TableOf(StorageField(arrow::utf8(), "geo.point", "?")));
  EXPECT_TRUE(table.columns[0].type->Equals(*arrow::utf8()));
}

TEST(FromArrowSchema, NeedsATableName) {
  EXPECT_THAT(FromArrowSchema(*arrow::schema({})),
              StatusIs(arrow::StatusCode::Invalid, "missing table name"));
}

TEST(FromArrowSchema, TakesOnlyTheTextTrueForTrue) {
  ASSERT_OK_AND_ASSIGN(
      const auto table,
      FromArrowSchema(*arrow::schema(
          {arrow::field(
              "c", arrow::int8(), true,
              arrow::key_value_metadata({"cq:extension:primary_key"}, {"True"}))},
          arrow::key_value_metadata({"cq:table_name", "cq:extension:incremental",
                                     "cq:table_permissions_needed"},
                                    {"t", "1", "{broken"}))));
  EXPECT_FALSE(table.is_incremental);
  EXPECT_FALSE(table.columns[0].primary_key);
  EXPECT_TRUE(table.permissions_needed.empty());
}

TEST(ValidateTables, NamesWhatIsDuplicateAsTheGoSdkDoes) {
  Table other = DataTable();
  other.name = "other";
  EXPECT_OK(ValidateTables({DataTable(), other}));
  EXPECT_THAT(ValidateTables({DataTable(), other, DataTable()}),
              StatusIs(arrow::StatusCode::Invalid,
                       "found duplicate tables in plugin: duplicate table data_2024"));
  other.columns.push_back(other.columns[0]);
  EXPECT_THAT(
      ValidateTables({DataTable(), other}),
      StatusIs(arrow::StatusCode::Invalid,
               "found duplicate columns in plugin: duplicate column id in table other"));
}

TEST(ValidateTables, RefusesEmptyNames) {
  Table table = DataTable();
  table.columns[1].name.clear();
  EXPECT_THAT(ValidateTables({table}),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("data_2024")));
  table.name.clear();
  EXPECT_THAT(ValidateTables({table}), StatusIs(arrow::StatusCode::Invalid));
}

}  // namespace
}  // namespace cq
