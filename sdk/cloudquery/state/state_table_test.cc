#include "cloudquery/state/state_table.h"

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/golden_files.h"
#include "cloudquery/wire/ipc.h"

namespace cq {
namespace {

using ::testing::SizeIs;

constexpr char kCursor[] = "s3/my-bucket/data_2024/last_modified_cursor";

TEST(StateTable, HasTheSchemaOfTheGoPlugins) {
  ASSERT_OK_AND_ASSIGN(const auto golden,
                       DecodeSchema(testing::GoldenBytes("state.schema.bin")));
  const auto schema = StateSchema("cq_state_s3");
  EXPECT_TRUE(schema->Equals(*golden, /*check_metadata=*/true))
      << schema->ToString(true) << "\ninstead of\n"
      << golden->ToString(true);
}

TEST(StateTable, ReadsWhatAGoPluginWrote) {
  ASSERT_OK_AND_ASSIGN(const auto batches,
                       DecodeRecords(testing::GoldenBytes("state.record.bin")));
  ASSERT_THAT(batches, SizeIs(1));
  StateRows rows;
  ASSERT_OK(MergeRecord(*batches[0], rows));
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[kCursor].value, "2024-12-01T00:00:00Z");
  EXPECT_EQ(rows[kCursor].version, 1u);
  EXPECT_FALSE(rows[kCursor].changed);
}

TEST(StateTable, WritesWhatAGoPluginWouldWrite) {
  ASSERT_OK_AND_ASSIGN(const auto golden,
                       DecodeRecords(testing::GoldenBytes("state.record.bin")));
  const StateRows rows = {
      {"unchanged", {.value = "x", .version = 4}},
      {kCursor, {.value = "2024-12-01T00:00:00Z", .version = 1, .changed = true}}};
  ASSERT_OK_AND_ASSIGN(const auto record,
                       ChangedRecord(rows, StateSchema("cq_state_s3")));
  EXPECT_TRUE(record->Equals(*golden.at(0), /*check_metadata=*/true))
      << record->ToString();
}

TEST(StateTable, TakesAnEmptyRecord) {
  ASSERT_OK_AND_ASSIGN(const auto batches,
                       DecodeRecords(testing::GoldenBytes("state.empty_record.bin")));
  StateRows rows;
  for (const auto& batch : batches) ASSERT_OK(MergeRecord(*batch, rows));
  EXPECT_THAT(rows, SizeIs(0));
}

std::shared_ptr<arrow::Array> Texts(const std::vector<const char*>& texts) {
  arrow::StringBuilder builder;
  for (const char* text : texts) {
    EXPECT_OK(text == nullptr ? builder.AppendNull() : builder.Append(text));
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Versions(const std::vector<int64_t>& versions) {
  arrow::UInt64Builder builder;
  for (const int64_t version : versions) {
    EXPECT_OK(version < 0 ? builder.AppendNull() : builder.Append(version));
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::RecordBatch> Record(const arrow::ArrayVector& columns) {
  arrow::FieldVector fields;
  for (const auto& column : columns) {
    fields.push_back(arrow::field("c" + std::to_string(fields.size()), column->type()));
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), columns[0]->length(), columns);
}

TEST(StateTable, KeepsTheGreatestVersionAndTheLaterOfTwo) {
  StateRows rows;
  ASSERT_OK(
      MergeRecord(*Record({Texts({"a", "a", "b", "b", "c"}),
                           Texts({"1", "2", "3", "4", "5"}), Versions({7, 6, 1, 1, -1})}),
                  rows));
  EXPECT_EQ(rows["a"].value, "1");
  EXPECT_EQ(rows["a"].version, 7u);
  EXPECT_EQ(rows["b"].value, "4");
  EXPECT_EQ(rows["c"].value, "5");
  EXPECT_EQ(rows["c"].version, 0u) << "no version is version 0";
  ASSERT_OK(MergeRecord(
      *Record({Texts({"a", "c"}), Texts({"8", "9"}), Versions({8, -1})}), rows));
  EXPECT_EQ(rows["a"].value, "8");
  EXPECT_EQ(rows["c"].value, "9");
}

TEST(StateTable, ReadsTablesOfOldPluginsWithoutVersions) {
  StateRows rows;
  ASSERT_OK(MergeRecord(*Record({Texts({"a", nullptr, "b"}), Texts({"1", "2", nullptr})}),
                        rows));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows["a"].value, "1");
  EXPECT_EQ(rows["b"].value, "");
}

TEST(StateTable, RefusesATableOfAnotherKind) {
  const auto numbers = Versions({1});
  StateRows rows;
  for (const auto& record :
       {Record({Texts({"a"})}), Record({numbers, Texts({"a"}), numbers}),
        Record({Texts({"a"}), numbers, numbers}),
        Record({Texts({"a"}), Texts({"b"}), Texts({"c"})})}) {
    EXPECT_THAT(MergeRecord(*record, rows), testing::StatusIs(arrow::StatusCode::Invalid))
        << record->ToString();
  }
}

}  // namespace
}  // namespace cq
