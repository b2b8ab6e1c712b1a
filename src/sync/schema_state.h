#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <string_view>

namespace s3source {

/// The schema of a table's files, and the object that showed it first.
struct KnownSchema {
  std::shared_ptr<arrow::Schema> schema;
  std::string first_key;
};

/// The form in which it is kept between syncs: `v1 ` and the Base64 of an Arrow IPC
/// schema.
arrow::Result<std::string> EncodeSchemaState(const KnownSchema& known);
/// Invalid when `value` is not of that form.
arrow::Result<KnownSchema> DecodeSchemaState(std::string_view value);

}  // namespace s3source
