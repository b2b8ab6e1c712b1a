#include "cloudquery/testing/recording_sink.h"

#include <arrow/array/builder_primitive.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "cloudquery/testing/arrow_matchers.h"

namespace cq::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Table Numbers(const std::string& name, const std::string& parent = {}) {
  return {.name = name,
          .parent = parent,
          .columns = {{.name = "n", .type = arrow::int64(), .not_null = true}}};
}

std::shared_ptr<arrow::RecordBatch> Rows(const Table& table, bool with_null = false) {
  arrow::Int64Builder builder;
  EXPECT_OK(builder.Append(1));
  EXPECT_OK(with_null ? builder.AppendNull() : builder.Append(2));
  return arrow::RecordBatch::Make(ToArrowSchema(table), 2,
                                  {builder.Finish().ValueOrDie()});
}

TEST(RecordingSink, KeepsMessagesInOrder) {
  RecordingSink sink;
  ASSERT_OK(sink.MigrateTable(Numbers("a")));
  ASSERT_OK(sink.MigrateTable(Numbers("b", "a")));
  ASSERT_OK(sink.Insert("b", *Rows(Numbers("b"))));
  ASSERT_OK(sink.Error("a", "bad"));
  ASSERT_OK(sink.MigrateTable(Numbers("a")));
  EXPECT_THAT(sink.messages(), SizeIs(5));
  EXPECT_THAT(sink.tables(), ElementsAre("a", "b"));
  EXPECT_EQ(sink.definition("b").parent, "a");
  EXPECT_EQ(sink.rows(), 2);
  EXPECT_EQ(sink.rows("a"), 0);
  EXPECT_THAT(sink.batches("b"), SizeIs(1));
  EXPECT_THAT(sink.errors("a"), ElementsAre("bad"));
  EXPECT_THAT(sink.violations(), IsEmpty());
}

TEST(RecordingSink, RefusesWhatTheContractForbids) {
  const auto invalid = StatusIs(arrow::StatusCode::Invalid);
  RecordingSink sink;
  EXPECT_THAT(sink.Insert("a", *Rows(Numbers("a"))), invalid)
      << "rows before MigrateTable";
  EXPECT_THAT(sink.MigrateTable(Numbers("b", "a")), invalid)
      << "a child before its parent";
  EXPECT_THAT(sink.MigrateTable(Numbers("")), invalid) << "no name";
  ASSERT_OK(sink.MigrateTable(Numbers("a")));
  Table other = Numbers("a");
  other.columns[0].name = "m";
  EXPECT_THAT(sink.Insert("a", *Rows(other)), invalid) << "another column";
  EXPECT_THAT(sink.Insert("a", *Rows(Numbers("a"), true)), invalid)
      << "a null in a NOT NULL column";
  EXPECT_THAT(sink.violations(), SizeIs(5));
  EXPECT_THAT(sink.violations().front(), HasSubstr("table a"));
  EXPECT_THAT(sink.messages(), SizeIs(1));
}

TEST(RecordingSink, LosesItsClientWhenTold) {
  RecordingSink sink;
  sink.FailAfter(1);
  EXPECT_OK(sink.MigrateTable(Numbers("a")));
  EXPECT_THAT(sink.Insert("a", *Rows(Numbers("a"))),
              StatusIs(arrow::StatusCode::Cancelled));
  EXPECT_THAT(sink.violations(), IsEmpty());
}

}  // namespace
}  // namespace cq::testing
