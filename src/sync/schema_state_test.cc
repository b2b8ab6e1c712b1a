#include "sync/schema_state.h"

#include <arrow/api.h>
#include <gmock/gmock.h>

#include "cloudquery/schema/extension_types.h"
#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

TEST(SchemaState, ComesBackAsItWasKept) {
  const auto schema = arrow::schema(
      {arrow::field("id", arrow::int64(), /*nullable=*/false),
       arrow::field("tags", arrow::list(arrow::field("element", arrow::utf8(), false))),
       arrow::field("u", cq::Uuid()), arrow::field("j", cq::Json()),
       arrow::field("i", cq::Inet()), arrow::field("m", cq::Mac()),
       arrow::field("nested",
                    arrow::struct_({arrow::field(
                        "us", arrow::list(arrow::field("element", cq::Uuid())))})),
       arrow::field("k", arrow::utf8(), true,
                    arrow::key_value_metadata({"cq:extension:primary_key"}, {"true"}))});
  ASSERT_OK_AND_ASSIGN(
      const std::string value,
      EncodeSchemaState({.schema = schema, .first_key = "a b/ü.parquet"}));
  ASSERT_OK_AND_ASSIGN(const KnownSchema known, DecodeSchemaState(value));
  EXPECT_TRUE(known.schema->Equals(*schema, /*check_metadata=*/true))
      << known.schema->ToString();
  EXPECT_EQ(known.first_key, "a b/ü.parquet");
}

TEST(SchemaState, RefusesWhatItDidNotWrite) {
  for (const char* value : {"v2 AAAA", "v1 not base64!", "v1 AAAA", "x"}) {
    SCOPED_TRACE(value);
    EXPECT_FALSE(DecodeSchemaState(value).ok());
  }
}

}  // namespace
}  // namespace s3source
