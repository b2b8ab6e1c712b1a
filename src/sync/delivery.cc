#include "sync/delivery.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>
#include <vector>

#include "cloudquery/log/printable.h"
#include "cloudquery/schema/extension_types.h"
#include "cloudquery/schema/table.h"
#include "read/row_ids.h"
#include "sync/record_slicer.h"

namespace s3source {

namespace {

/// `batch` with the two columns that every CloudQuery row has.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> WithIds(
    const std::shared_ptr<arrow::RecordBatch>& batch, const RowIds& ids,
    int64_t first_row) {
  ARROW_ASSIGN_OR_RAISE(auto id, ids.Make(first_row, batch->num_rows()));
  ARROW_ASSIGN_OR_RAISE(auto parent,
                        arrow::MakeArrayOfNull(cq::Uuid(), batch->num_rows()));
  std::vector<std::shared_ptr<arrow::Array>> columns{std::move(id), std::move(parent)};
  std::vector<std::shared_ptr<arrow::Field>> fields{
      arrow::field(cq::kCqId, cq::Uuid(), /*nullable=*/false),
      arrow::field(cq::kCqParentId, cq::Uuid())};
  for (int i = 0; i < batch->num_columns(); ++i) {
    columns.push_back(batch->column(i));
    fields.push_back(batch->schema()->field(i));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), batch->num_rows(),
                                  std::move(columns));
}

/// The encoder counts rows within a record; a user looks for them in an object.
arrow::Status NameRow(const arrow::Status& status, const std::string& bucket,
                      const Object& object, int64_t record_start) {
  if (!status.IsCapacityError()) return status;
  return status.WithMessage("s3://", bucket, "/", cq::Printable(object.key),
                            ", in the record that begins with the object's row ",
                            record_start, ": ", status.message());
}

arrow::Status ReadAll(ObjectReader& reader, const RowIds* ids, RecordSlicer& slicer) {
  int64_t next_row = 0;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto batch, reader.Next());
    if (batch == nullptr) return slicer.Finish();
    const int64_t rows = batch->num_rows();
    if (ids != nullptr) {
      ARROW_ASSIGN_OR_RAISE(batch, WithIds(batch, *ids, next_row));
    }
    next_row += rows;
    ARROW_RETURN_NOT_OK(slicer.Add(std::move(batch)));
  }
}

}  // namespace

Delivered DeliverObject(ObjectReader& reader, const std::string& bucket,
                        const Object& object, TableSync& table, int64_t rows_per_record,
                        std::stop_token stop) {
  Delivered delivered;
  const RowIds ids(bucket, object);
  RecordSlicer slicer(rows_per_record, [&](const arrow::RecordBatch& record) {
    if (stop.stop_requested()) return arrow::Status::Cancelled("the sync was stopped");
    ARROW_RETURN_NOT_OK(NameRow(table.Insert(record), bucket, object, delivered.rows));
    delivered.rows += record.num_rows();
    return arrow::Status::OK();
  });
  delivered.status = ReadAll(reader, table.adds_ids() ? &ids : nullptr, slicer);
  return delivered;
}

}  // namespace s3source
