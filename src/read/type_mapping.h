#pragma once

#include <memory>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

namespace s3source {

/// The form in which a column read from Parquet goes to destinations (docs/types.md has the table):
/// text types become utf8, bytes binary, dictionaries, views, run-ends and nulls are decoded, lists of
/// any kind become list; nested types are mapped inside and kept. Children keep names and nullability.
/// TypeError for what has no form (unions).
arrow::Result<std::shared_ptr<arrow::DataType>> MapType(const std::shared_ptr<arrow::DataType>& type);

/// `array` in MapType's form of its type. No copy where the layout is already the same.
arrow::Result<std::shared_ptr<arrow::Array>> MapArray(const std::shared_ptr<arrow::Array>& array);

}  // namespace s3source
