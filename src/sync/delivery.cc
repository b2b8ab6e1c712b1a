#include "sync/delivery.h"

#include <arrow/array.h>
#include <arrow/array/data.h>
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

/// Puts the two columns that every CloudQuery row has in front of an object's batches.
class IdColumns {
 public:
  IdColumns(const RowIds& ids, int64_t first_row) : ids_(ids), next_row_(first_row) {}

  /// The next of the object's batches.
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> AddTo(
      const arrow::RecordBatch& batch) {
    const int64_t rows = batch.num_rows();
    if (schema_ == nullptr) schema_ = WithIds(*batch.schema());
    if (parents_ == nullptr || parents_->length() < rows) {
      ARROW_ASSIGN_OR_RAISE(parents_, arrow::MakeArrayOfNull(cq::Uuid(), rows));
    }
    ARROW_ASSIGN_OR_RAISE(auto id, ids_.Make(next_row_, rows));
    next_row_ += rows;
    std::vector<std::shared_ptr<arrow::ArrayData>> columns;
    columns.reserve(schema_->num_fields());
    columns.push_back(id->data());
    columns.push_back(parents_->data()->Slice(0, rows));
    const auto& others = batch.column_data();
    columns.insert(columns.end(), others.begin(), others.end());
    return arrow::RecordBatch::Make(schema_, rows, std::move(columns));
  }

 private:
  static std::shared_ptr<arrow::Schema> WithIds(const arrow::Schema& schema) {
    arrow::FieldVector fields{arrow::field(cq::kCqId, cq::Uuid(), /*nullable=*/false),
                              arrow::field(cq::kCqParentId, cq::Uuid())};
    fields.insert(fields.end(), schema.fields().begin(), schema.fields().end());
    return arrow::schema(std::move(fields));
  }

  const RowIds& ids_;
  int64_t next_row_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::Array> parents_;  ///< nulls
};

/// The encoder counts rows within a record; a user looks for them in an object.
arrow::Status NameRow(const arrow::Status& status, const std::string& bucket,
                      const Object& object, int64_t record_start) {
  if (!status.IsCapacityError()) return status;
  return status.WithMessage("s3://", bucket, "/", cq::Printable(object.key),
                            ", in the record that begins with the object's row ",
                            record_start, ": ", status.message());
}

/// Without `ids`, batches go as they are.
arrow::Status ReadAll(ObjectReader& reader, IdColumns* ids, RecordSlicer& slicer) {
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto batch, reader.Next());
    if (batch == nullptr) return slicer.Finish();
    if (ids != nullptr) {
      ARROW_ASSIGN_OR_RAISE(batch, ids->AddTo(*batch));
    }
    ARROW_RETURN_NOT_OK(slicer.Add(std::move(batch)));
  }
}

}  // namespace

Delivered DeliverObject(ObjectReader& reader, const std::string& bucket,
                        const Object& object, TableSync& table, int64_t rows_per_record,
                        std::stop_token stop) {
  Delivered delivered;
  const RowIds row_ids(bucket, object);
  IdColumns ids(row_ids, reader.first_row());
  RecordSlicer slicer(rows_per_record, [&](const arrow::RecordBatch& record) {
    if (stop.stop_requested()) return arrow::Status::Cancelled("the sync was stopped");
    ARROW_RETURN_NOT_OK(NameRow(table.Insert(record), bucket, object,
                                reader.first_row() + delivered.rows));
    delivered.rows += record.num_rows();
    return arrow::Status::OK();
  });
  delivered.status = ReadAll(reader, table.adds_ids() ? &ids : nullptr, slicer);
  return delivered;
}

}  // namespace s3source
