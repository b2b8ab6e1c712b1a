#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "catalog/table_schema.h"
#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using ::arrow::field;
using ::arrow::schema;
using ::cq::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const auto kInt = arrow::int64();
const auto kText = arrow::utf8();

std::shared_ptr<arrow::Field> NotNull(const std::string& name,
                                      const std::shared_ptr<arrow::DataType>& type) {
  return field(name, type, false);
}

void ExpectMerged(const arrow::FieldVector& known, const arrow::FieldVector& incoming,
                  const arrow::FieldVector& expected) {
  for (const bool swapped : {false, true}) {
    SCOPED_TRACE(swapped);
    const auto left = schema(swapped ? incoming : known);
    const auto right = schema(swapped ? known : incoming);
    ASSERT_OK_AND_ASSIGN(const auto merged, MergeSchemas(left, *right));
    EXPECT_TRUE(merged->Equals(*schema(expected))) << merged->ToString();
  }
}

void ExpectDiffering(const arrow::FieldVector& known, const arrow::FieldVector& incoming,
                     const std::string& message) {
  EXPECT_THAT(MergeSchemas(schema(known), *schema(incoming)),
              StatusIs(arrow::StatusCode::Invalid, message));
}

TEST(MergeSchemas, EqualOnesGiveTheKnownOneItself) {
  const auto known = schema({NotNull("a", kInt), field("b", arrow::list(kText))});
  ASSERT_OK_AND_ASSIGN(
      const auto merged,
      MergeSchemas(known, *schema({NotNull("a", kInt), field("b", arrow::list(kText))})));
  EXPECT_EQ(merged, known);
}

TEST(MergeSchemas, ANarrowerOneGivesTheKnownOneItself) {
  const auto known = schema({field("a", arrow::list(field("item", kInt, true)))});
  ASSERT_OK_AND_ASSIGN(
      const auto merged,
      MergeSchemas(known, *schema({NotNull("a", arrow::list(NotNull("item", kInt)))})));
  EXPECT_EQ(merged, known);
}

TEST(MergeSchemas, AFieldIsNullableWhereEitherIs) {
  ExpectMerged({NotNull("a", kInt), field("b", kText)},
               {field("a", kInt), field("b", kText)},
               {field("a", kInt), field("b", kText)});
  ExpectMerged({NotNull("a", kInt), NotNull("b", kText)},
               {NotNull("a", kInt), field("b", kText)},
               {NotNull("a", kInt), field("b", kText)});
}

TEST(MergeSchemas, SoAreFieldsInsideOthers) {
  const auto strict = NotNull("x", kInt);
  const auto loose = field("x", kInt);
  using Wrap = std::shared_ptr<arrow::DataType> (*)(const std::shared_ptr<arrow::Field>&);
  const Wrap wraps[] = {
      [](const auto& f) {
        return arrow::struct_({f, NotNull("y", arrow::utf8())});
      },
      [](const auto& f) { return arrow::list(f); },
      [](const auto& f) { return arrow::large_list(f); },
      [](const auto& f) { return arrow::fixed_size_list(f, 3); },
      [](const auto& f) -> std::shared_ptr<arrow::DataType> {
        return std::make_shared<arrow::MapType>(arrow::utf8(), f);
      },
      [](const auto& f) {
        return arrow::list(
            NotNull("item", arrow::struct_({NotNull("l", arrow::list(f))})));
      },
  };
  for (const Wrap wrap : wraps) {
    SCOPED_TRACE(wrap(loose)->ToString());
    ExpectMerged({NotNull("f", wrap(strict))}, {NotNull("f", wrap(loose))},
                 {NotNull("f", wrap(loose))});
  }
}

TEST(MergeSchemas, TheNamesOfItemsAndEntriesDoNotCount) {
  const auto known = schema({field("l", arrow::list(NotNull("element", kInt)))});
  const auto incoming = schema({field("l", arrow::list(field("item", kInt)))});
  ASSERT_OK_AND_ASSIGN(const auto merged, MergeSchemas(known, *incoming));
  EXPECT_EQ(merged->field(0)->type()->field(0)->name(), "element");
  EXPECT_TRUE(merged->field(0)->type()->field(0)->nullable());
}

TEST(MergeSchemas, MapKeysAreSortedWhereBothAre) {
  const auto sorted = arrow::map(kText, kInt, true);
  const auto unsorted = arrow::map(kText, kInt, false);
  ExpectMerged({field("m", sorted)}, {field("m", unsorted)}, {field("m", unsorted)});
}

TEST(MergeSchemas, MetadataIsIgnoredAndTheKnownStays) {
  const auto one = arrow::key_value_metadata({"PARQUET:field_id"}, {"1"});
  const auto two = arrow::key_value_metadata({"PARQUET:field_id"}, {"2"});
  const auto known = schema({NotNull("a", kInt)->WithMetadata(one)}, one);
  ASSERT_OK_AND_ASSIGN(
      const auto merged,
      MergeSchemas(known, *schema({field("a", kInt)->WithMetadata(two)}, two)));
  EXPECT_TRUE(merged->Equals(*schema({field("a", kInt)->WithMetadata(one)}, one), true))
      << merged->ToString(true);
}

TEST(MergeSchemas, SaysWhichTypesDiffer) {
  ExpectDiffering({field("a", kInt), field("b", kText)},
                  {field("a", kText), field("b", kText)},
                  R"(columns differ: other type: "a: int64" against "a: string")");
}

TEST(MergeSchemas, SaysWhatIsMissingAndWhatIsNew) {
  ExpectDiffering({field("a", kInt), field("b", kText)}, {field("a", kInt)},
                  R"(columns differ: missing: "b: string")");
  ExpectDiffering({field("a", kInt)}, {field("b", kText), field("a", kInt)},
                  R"(columns differ: not known before: "b: string")");
  ExpectDiffering(
      {field("id", kInt)}, {field("ID", kInt)},
      R"(columns differ: missing: "id: int64"; not known before: "ID: int64")");
}

TEST(MergeSchemas, SaysWhatMoved) {
  ExpectDiffering({field("a", kInt), field("b", kText), field("c", kInt)},
                  {field("b", kText), field("a", kInt), field("c", kInt)},
                  "columns differ: moved: \"a: int64\" (from place 1 to 2), "
                  "\"b: string\" (from place 2 to 1)");
}

TEST(MergeSchemas, SaysWhereInsideNestedTypesItDiffers) {
  const auto address = [](const std::shared_ptr<arrow::DataType>& zip) {
    return field("address", arrow::struct_({field("street", kText), field("zip", zip)}));
  };
  ExpectDiffering({address(kInt)}, {address(kText)},
                  R"(columns differ: other type: "address.zip: int64" against )"
                  R"("address.zip: string")");
  ExpectDiffering(
      {field("tags", arrow::list(kInt))}, {field("tags", arrow::list(kText))},
      R"(columns differ: other type: "tags[]: int64" against "tags[]: string")");
  ExpectDiffering(
      {field("m", arrow::map(kText, kInt))}, {field("m", arrow::map(kText, kText))},
      R"(columns differ: other type: "m.value: int64" against "m.value: string")");
  ExpectDiffering(
      {field("s", arrow::struct_({field("x", kInt)}))},
      {field("s", arrow::struct_({field("y", kInt)}))},
      R"(columns differ: missing: "s.x: int64"; not known before: "s.y: int64")");
  ExpectDiffering({field("v", arrow::fixed_size_list(kInt, 2))},
                  {field("v", arrow::fixed_size_list(kInt, 3))},
                  R"(columns differ: other type: )"
                  R"("v: fixed_size_list<item: int64>[2]" against )"
                  R"("v: fixed_size_list<item: int64>[3]")");
}

TEST(MergeSchemas, DoesNotWiden) {
  ExpectDiffering({field("a", arrow::int32())}, {field("a", kInt)},
                  R"(columns differ: other type: "a: int32" against "a: int64")");
  EXPECT_FALSE(
      MergeSchemas(schema({field("t", arrow::timestamp(arrow::TimeUnit::MICRO))}),
                   *schema({field("t", arrow::timestamp(arrow::TimeUnit::NANO))}))
          .ok());
}

TEST(MergeSchemas, TellsOfManyDifferencesInFewWords) {
  arrow::FieldVector known, incoming;
  for (int i = 0; i < 1000; ++i) {
    known.push_back(field("c" + std::to_string(i) + '\n' + std::string(1000, 'x'), kInt));
    incoming.push_back(field(known.back()->name(), kText));
  }
  const auto merged = MergeSchemas(schema(known), *schema(incoming));
  EXPECT_THAT(merged, StatusIs(arrow::StatusCode::Invalid,
                               AllOf(HasSubstr("and 995 more"), Not(HasSubstr("\n")))));
  EXPECT_LT(merged.status().message().size(), 3000u);
}

TEST(MergeSchemas, NamesThatComeTwiceDoNoHarm) {
  EXPECT_THAT(MergeSchemas(schema({field("a", kInt), field("a", kInt)}),
                           *schema({field("a", kInt)})),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("2 against 1")));
  EXPECT_OK(MergeSchemas(schema({field("a", kInt), field("a", kInt)}),
                         *schema({field("a", kInt), field("a", kInt)})));
}

}  // namespace
}  // namespace s3source
