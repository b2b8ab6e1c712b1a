#include "cloudquery/schema/extension_types.h"

#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloudquery/testing/arrow_matchers.h"

namespace cq {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

TEST(ExtensionTypes, HaveTheNamesAndStorageThatDestinationsExpect) {
  const struct {
    std::shared_ptr<arrow::DataType> type;
    const char* name;
    const char* metadata;
    std::shared_ptr<arrow::DataType> storage;
  } cases[] = {
      {Uuid(), "uuid", "uuid-serialized", arrow::fixed_size_binary(16)},
      {Json(), "json", "json-serialized", arrow::binary()},
      {Inet(), "inet", "inet-serialized", arrow::binary()},
      {Mac(), "mac", "mac-serialized", arrow::binary()},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto& type = static_cast<const arrow::ExtensionType&>(*c.type);
    EXPECT_EQ(type.extension_name(), c.name);
    EXPECT_EQ(type.Serialize(), c.metadata);
    EXPECT_TRUE(type.storage_type()->Equals(*c.storage));
    EXPECT_TRUE(c.type->Equals(*ExtensionTypeByName(c.name)));
    ASSERT_OK_AND_ASSIGN(const auto same, type.Deserialize(c.storage, c.metadata));
    EXPECT_TRUE(same->Equals(*c.type));
    EXPECT_THAT(type.Deserialize(arrow::utf8(), c.metadata),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr("not as string")));
    EXPECT_THAT(type.Deserialize(c.storage, ""),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr(c.metadata)));
  }
}

TEST(ExtensionTypes, DifferFromEachOtherAndFromTheirStorage) {
  EXPECT_FALSE(Json()->Equals(*Inet()));
  EXPECT_FALSE(Json()->Equals(*arrow::binary()));
  EXPECT_FALSE(arrow::list(Json())->Equals(*arrow::list(Mac())));
}

TEST(ExtensionTypes, AreNotRegisteredGlobally) {
  for (const char* name : {"uuid", "json", "inet", "mac"}) {
    EXPECT_EQ(arrow::GetExtensionType(name), nullptr) << name;
  }
}

TEST(ExtensionTypes, AreNotKnownByOtherNames) {
  EXPECT_EQ(ExtensionTypeByName("arrow.uuid"), nullptr);
  EXPECT_EQ(ExtensionTypeByName(""), nullptr);
}

}  // namespace
}  // namespace cq
