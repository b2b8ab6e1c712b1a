#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <memory>

namespace parquet::arrow {
struct SchemaManifest;
}  // namespace parquet::arrow

namespace s3source {

/// The schema that the Parquet library reads a file with, and where a column's Parquet
/// type says more than the library's Arrow type does, with that: ENUM is text, INT96 is
/// an instant (UTC). The layout of arrays is the same in both.
arrow::Result<std::shared_ptr<arrow::Schema>> SourceSchema(
    const parquet::arrow::SchemaManifest& manifest, const arrow::Schema& read);

/// The array as one of `type`, which has the same layout, at every depth.
std::shared_ptr<arrow::ArrayData> Relabel(const arrow::ArrayData& array,
                                          const std::shared_ptr<arrow::DataType>& type);

/// Levels of nested types: 1 for one without children.
int DepthOf(const arrow::DataType& type);

}  // namespace s3source
