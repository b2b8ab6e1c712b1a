#include "read/extension_values.h"

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloudquery/schema/extension_types.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "read/mapping_cases.h"

namespace s3source::testing {
namespace {

using cq::testing::StatusIs;
using ::testing::HasSubstr;

TEST(ExtensionValues, AreCheckedByTheirType) {
  const struct {
    std::shared_ptr<arrow::DataType> type;
    const char* value;
    bool good;
  } cases[] = {
      {cq::Json(), R"(["{\"a\": [1, null]}"])", true},
      {cq::Json(), R"(["1"])", true},
      {cq::Json(), R"([""])", false},
      {cq::Json(), R"(["{'a': 1}"])", false},
      {cq::Json(), R"(["{} {}"])", false},
      {cq::Inet(), R"(["10.0.0.0/8"])", true},
      {cq::Inet(), R"(["2001:db8::/32"])", true},
      {cq::Inet(), R"(["10.0.0.1"])", false},
      {cq::Inet(), R"(["10.0.0.1/"])", false},
      {cq::Inet(), R"(["10.0.0.1/33"])", false},
      {cq::Inet(), R"(["10.0.0.1/-1"])", false},
      {cq::Inet(), R"(["10.0.0.1/8x"])", false},
      {cq::Inet(), R"(["::1/129"])", false},
      {cq::Inet(), R"(["host/8"])", false},
      {cq::Mac(), R"(["abcdef"])", true},
      {cq::Mac(), R"(["abcdefgh"])", true},
      {cq::Mac(), R"(["abcdefg"])", false},
      {cq::Uuid(), R"(["0123456789abcdef"])", true},
      {cq::Json(), "[null]", true},
      {arrow::utf8(), R"(["{"])", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.type->ToString() + " " + c.value);
    EXPECT_EQ(CheckExtensionValues(*Make(c.type, c.value)).ok(), c.good);
  }
}

std::shared_ptr<arrow::Array> Parent(bool valid, const char* json) {
  const auto child = Make(cq::Json(), json);
  return arrow::StructArray::Make(
             {child}, {arrow::field("doc", cq::Json(), false)},
             Make(arrow::boolean(), valid ? "[true]" : "[false]")->data()->buffers[1])
      .ValueOrDie();
}

TEST(ExtensionValues, AreCheckedInsideOfNestedTypes) {
  EXPECT_OK(CheckExtensionValues(*Parent(true, R"(["{}"])")));
  EXPECT_THAT(CheckExtensionValues(*Parent(true, R"(["{"])")),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("json")));
  // A null struct has no document.
  EXPECT_OK(CheckExtensionValues(*Parent(false, R"(["{"])")));
}

}  // namespace
}  // namespace s3source::testing
