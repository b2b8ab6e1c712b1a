#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <memory>

#include "cloudquery/schema/table.h"

namespace s3source {

/// The form in which a CloudQuery column is written to a Parquet file that anybody can
/// read: uuid becomes Arrow's own UUID and json its JSON (Parquet's logical types), inet
/// text, mac binary, also inside nested types. All else stays.
std::shared_ptr<arrow::DataType> ParquetForm(
    const std::shared_ptr<arrow::DataType>& type);
/// The columns of `table` in that form, without metadata.
std::shared_ptr<arrow::Schema> ParquetSchema(const cq::Table& table);

/// `batch` with the columns of `schema` (of ParquetSchema), sharing its memory. Invalid
/// when it has other columns.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> InParquetForm(
    const arrow::RecordBatch& batch, const std::shared_ptr<arrow::Schema>& schema);

}  // namespace s3source
