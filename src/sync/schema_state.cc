#include "sync/schema_state.h"

#include <arrow/buffer.h>
#include <arrow/type.h>
#include <arrow/util/base64.h>
#include <arrow/util/key_value_metadata.h>

#include <utility>

#include "cloudquery/schema/extension_types.h"
#include "cloudquery/wire/ipc.h"

namespace s3source {

namespace {

constexpr std::string_view kVersion = "v1 ";
constexpr char kFirstKey[] = "first_object";

}  // namespace

arrow::Result<std::string> EncodeSchemaState(const KnownSchema& known) {
  const auto described = known.schema->WithMetadata(
      arrow::key_value_metadata({kFirstKey}, {known.first_key}));
  ARROW_ASSIGN_OR_RAISE(const auto bytes, cq::EncodeSchema(*described));
  return std::string(kVersion) + arrow::util::base64_encode(std::string_view(*bytes));
}

arrow::Result<KnownSchema> DecodeSchemaState(std::string_view value) {
  if (!value.starts_with(kVersion)) {
    return arrow::Status::Invalid("a schema kept by another version of this plugin");
  }
  ARROW_ASSIGN_OR_RAISE(std::string bytes,
                        arrow::util::base64_decode(value.substr(kVersion.size())));
  ARROW_ASSIGN_OR_RAISE(auto schema,
                        cq::DecodeSchema(arrow::Buffer::FromString(std::move(bytes))));
  KnownSchema known;
  if (schema->metadata() != nullptr) {
    known.first_key = schema->metadata()->Get(kFirstKey).ValueOr("");
  }
  ARROW_ASSIGN_OR_RAISE(known.schema,
                        cq::RestoreExtensionTypes(schema->RemoveMetadata()));
  return known;
}

}  // namespace s3source
