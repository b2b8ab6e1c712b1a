#include "sync/retype.h"

#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>
#include <vector>

namespace s3source {

namespace {

std::shared_ptr<arrow::ArrayData> RetypeData(
    const std::shared_ptr<arrow::ArrayData>& data,
    const std::shared_ptr<arrow::DataType>& type) {
  if (data->type->Equals(*type, /*check_metadata=*/true)) return data;
  auto copy = std::make_shared<arrow::ArrayData>(*data);
  copy->type = type;
  for (int i = 0; i < type->num_fields(); ++i) {
    copy->child_data[i] = RetypeData(data->child_data[i], type->field(i)->type());
  }
  return copy;
}

}  // namespace

std::shared_ptr<arrow::RecordBatch> Retype(const arrow::RecordBatch& batch,
                                           const std::shared_ptr<arrow::Schema>& schema) {
  std::vector<std::shared_ptr<arrow::ArrayData>> columns;
  columns.reserve(batch.num_columns());
  for (int i = 0; i < batch.num_columns(); ++i) {
    columns.push_back(RetypeData(batch.column_data(i), schema->field(i)->type()));
  }
  return arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
}

}  // namespace s3source
