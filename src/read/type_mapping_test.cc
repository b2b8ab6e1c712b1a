#include "read/type_mapping.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string_view>

#include "cloudquery/schema/extension_types.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "read/mapping_cases.h"

namespace s3source {
namespace {

using cq::testing::StatusIs;
using ::testing::HasSubstr;
using testing::Make;
using testing::MappingCase;
using ArrayPtr = std::shared_ptr<arrow::Array>;

void ExpectSame(const ArrayPtr& actual, const ArrayPtr& expected) {
  EXPECT_OK(actual->ValidateFull());
  EXPECT_TRUE(actual->Equals(*expected))
      << "expected " << expected->ToString() << "\nbut got " << actual->ToString();
}

TEST(TypeMapping, MapsEveryTypeAndItsValues) {
  for (const MappingCase& c : testing::MappingCases()) {
    SCOPED_TRACE(c.name);
    ASSERT_OK_AND_ASSIGN(auto type, MapType(c.source->type()));
    EXPECT_TRUE(type->Equals(*c.expected->type(), /*check_metadata=*/true))
        << type->ToString();
    ASSERT_OK_AND_ASSIGN(auto array, MapArray(c.source));
    ExpectSame(array, c.expected);
  }
}

TEST(TypeMapping, GivesWhatItGaveWhenMappedAgain) {
  for (const MappingCase& c : testing::MappingCases()) {
    SCOPED_TRACE(c.name);
    ASSERT_OK_AND_ASSIGN(auto array, MapArray(c.expected));
    EXPECT_EQ(array, c.expected);
  }
}

TEST(TypeMapping, MapsSlicesAsItMapsWholes) {
  std::mt19937 random(1);
  for (const MappingCase& c : testing::MappingCases()) {
    for (int i = 0; i < 20; ++i) {
      const int64_t begin = static_cast<int64_t>(random() % (c.source->length() + 1));
      const int64_t length =
          static_cast<int64_t>(random() % (c.source->length() - begin + 1));
      SCOPED_TRACE(c.name + " from " + std::to_string(begin) + ", " +
                   std::to_string(length));
      ASSERT_OK_AND_ASSIGN(auto array, MapArray(c.source->Slice(begin, length)));
      ExpectSame(array, c.expected->Slice(begin, length));
    }
  }
}

TEST(TypeMapping, MapsNothingToNothing) {
  for (const MappingCase& c : testing::MappingCases()) {
    SCOPED_TRACE(c.name);
    ASSERT_OK_AND_ASSIGN(auto empty, arrow::MakeEmptyArray(c.source->type()));
    ASSERT_OK_AND_ASSIGN(auto array, MapArray(empty));
    EXPECT_TRUE(array->type()->Equals(*c.expected->type()));
    EXPECT_EQ(array->length(), 0);
    EXPECT_OK(array->ValidateFull());
  }
}

TEST(TypeMapping, CopiesNoBytesOfText) {
  for (const auto& type : {arrow::large_utf8(), arrow::large_binary()}) {
    SCOPED_TRACE(type->ToString());
    const ArrayPtr source = Make(type, R"(["abc", "def", "ghi"])")->Slice(1, 2);
    ASSERT_OK_AND_ASSIGN(auto array, MapArray(source));
    EXPECT_EQ(array->data()->buffers[2]->data(), source->data()->buffers[2]->data() + 3);
    EXPECT_EQ(array->data()->buffers[2]->size(), 6);
  }
}

TEST(TypeMapping, LeavesNothingOfNullLists) {
  const ArrayPtr values = Make(arrow::utf8(), R"(["a", "secret", "b"])");
  const ArrayPtr validity = Make(arrow::boolean(), "[true, false, true]");
  const auto lists = std::make_shared<arrow::FixedSizeListArray>(
      arrow::fixed_size_list(arrow::utf8(), 1), 3, values, validity->data()->buffers[1]);
  ASSERT_OK_AND_ASSIGN(auto array, MapArray(ArrayPtr(lists)));
  ExpectSame(array, Make(arrow::list(arrow::utf8()), R"([["a"], null, ["b"]])"));
  const auto& child = static_cast<const arrow::ListArray&>(*array).values();
  EXPECT_TRUE(child->Equals(*Make(arrow::utf8(), R"(["a", "b"])"))) << child->ToString();
}

TEST(TypeMapping, LeavesNothingOfNullFixedSizeValues) {
  const ArrayPtr validity = Make(arrow::boolean(), "[true, false, true]");
  const auto source = std::make_shared<arrow::FixedSizeBinaryArray>(
      arrow::fixed_size_binary(2), 3, arrow::Buffer::FromString("aaXXbb"),
      validity->data()->buffers[1]);
  ASSERT_OK_AND_ASSIGN(auto array, MapArray(ArrayPtr(source)));
  EXPECT_EQ(array->data()->buffers[2]->ToString(), "aabb");
}

TEST(TypeMapping, RefusesUnions) {
  const auto type = arrow::sparse_union({arrow::field("a", arrow::int32())});
  EXPECT_THAT(MapType(type),
              StatusIs(arrow::StatusCode::TypeError, HasSubstr("sparse_union")));
  EXPECT_THAT(MapType(arrow::list(type)), StatusIs(arrow::StatusCode::TypeError));
}

/// Offsets that claim more than 2 GiB; the bytes are never looked at.
ArrayPtr Huge(const std::shared_ptr<arrow::DataType>& type, std::vector<int64_t> offsets,
              const ArrayPtr& child) {
  const int64_t length = static_cast<int64_t>(offsets.size()) - 1;
  const auto data = arrow::ArrayData::Make(
      type, length, {nullptr, arrow::Buffer::FromVector(std::move(offsets))}, 0);
  if (child == nullptr) {
    data->buffers.push_back(std::make_shared<arrow::Buffer>(std::string_view("")));
  } else {
    data->child_data.push_back(child->data());
  }
  return arrow::MakeArray(data);
}

TEST(TypeMapping, RefusesWhatDoesNotFit32BitOffsets) {
  const int64_t over = (int64_t{1} << 31) + 5;
  const ArrayPtr text = Huge(arrow::large_utf8(), {0, 5, over}, nullptr);
  EXPECT_THAT(MapArray(text),
              StatusIs(arrow::StatusCode::CapacityError, HasSubstr("2 GiB")));
  const auto child = std::make_shared<arrow::NullArray>(over);
  const ArrayPtr list = Huge(arrow::large_list(arrow::null()), {0, 5, over}, child);
  EXPECT_THAT(MapArray(list), StatusIs(arrow::StatusCode::CapacityError));
}

TEST(TypeMapping, TakesSlicesBehind32BitOffsets) {
  const int64_t far = int64_t{1} << 40;
  const auto child = std::make_shared<arrow::NullArray>(far + 3);
  const ArrayPtr list =
      Huge(arrow::large_list(arrow::null()), {0, far, far + 1, far + 3}, child);
  ASSERT_OK_AND_ASSIGN(auto array, MapArray(list->Slice(1)));
  ExpectSame(array, Make(arrow::list(arrow::utf8()), "[[null], [null, null]]"));
}

std::shared_ptr<arrow::Field> Declared(const std::string& extension,
                                       const std::string& metadata,
                                       const std::shared_ptr<arrow::DataType>& storage) {
  return arrow::field(
      "c", storage, false,
      arrow::key_value_metadata(
          {"ARROW:extension:name", "ARROW:extension:metadata", "PARQUET:field_id"},
          {extension, metadata, "1"}));
}

TEST(FieldMapping, RecognisesCloudQuerysExtensionTypes) {
  const auto uuid_storage = arrow::fixed_size_binary(16);
  const struct {
    std::shared_ptr<arrow::Field> field;
    std::shared_ptr<arrow::DataType> type;
  } cases[] = {
      {Declared("uuid", "uuid-serialized", uuid_storage), cq::Uuid()},
      {Declared("json", "json-serialized", arrow::binary()), cq::Json()},
      {Declared("inet", "inet-serialized", arrow::binary()), cq::Inet()},
      {Declared("mac", "mac-serialized", arrow::binary()), cq::Mac()},
      // Not theirs, or not on their storage.
      {Declared("uuid", "", uuid_storage), arrow::binary()},
      {Declared("uuid", "uuid-serialized", arrow::utf8()), arrow::utf8()},
      {Declared("json", "json-serialized", arrow::utf8()), arrow::utf8()},
      {Declared("other", "", arrow::large_utf8()), arrow::utf8()},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.field->ToString(/*show_metadata=*/true));
    ASSERT_OK_AND_ASSIGN(auto field, MapField(*c.field));
    EXPECT_TRUE(field->type()->Equals(*c.type)) << field->ToString();
    EXPECT_FALSE(field->nullable());
    EXPECT_FALSE(field->HasMetadata());
  }
}

TEST(FieldMapping, RecognisesThemInsideOfNestedTypes) {
  const auto field = arrow::field(
      "l",
      arrow::list(Declared("uuid", "uuid-serialized", arrow::fixed_size_binary(16))));
  ASSERT_OK_AND_ASSIGN(auto mapped, MapField(*field));
  EXPECT_TRUE(mapped->type()->Equals(*arrow::list(arrow::field("c", cq::Uuid(), false)),
                                     /*check_metadata=*/true))
      << mapped->ToString(true);
  const std::string json = R"([["0123456789abcdef"], null])";
  ASSERT_OK_AND_ASSIGN(auto array, MapArray(Make(field->type(), json), mapped->type()));
  ASSERT_OK(array->ValidateFull());
  const auto& values = static_cast<const arrow::ListArray&>(*array).values();
  EXPECT_TRUE(values->Equals(*Make(cq::Uuid(), R"(["0123456789abcdef"])")));
}

TEST(FieldMapping, KeepsCloudQuerysFlagsAndNothingElse) {
  const auto field =
      arrow::field("c", arrow::large_utf8(), true,
                   arrow::key_value_metadata(
                       {"cq:extension:primary_key", "PARQUET:field_id", "cq:table_name"},
                       {"true", "7", "t"}));
  ASSERT_OK_AND_ASSIGN(auto mapped, MapField(*field));
  EXPECT_TRUE(mapped->Equals(
      *arrow::field("c", arrow::utf8(), true,
                    arrow::key_value_metadata({"cq:extension:primary_key"}, {"true"})),
      /*check_metadata=*/true))
      << mapped->ToString(true);
}

TEST(FieldMapping, StripsTheMetadataOfChildren) {
  const auto child = arrow::field("a", arrow::int32(), true,
                                  arrow::key_value_metadata({"PARQUET:field_id"}, {"1"}));
  const auto map = std::make_shared<arrow::MapType>(
      arrow::field("key", arrow::utf8(), false,
                   arrow::key_value_metadata({"cq:extension:unique"}, {"true"})),
      child->WithName("value"));
  ASSERT_OK_AND_ASSIGN(auto mapped,
                       MapType(arrow::struct_({child, arrow::field("m", map)})));
  const auto plain = arrow::map(arrow::utf8(), arrow::int32());
  EXPECT_TRUE(mapped->Equals(
      *arrow::struct_({arrow::field("a", arrow::int32()), arrow::field("m", plain)}),
      /*check_metadata=*/true))
      << mapped->ToString(true);
}

}  // namespace
}  // namespace s3source
