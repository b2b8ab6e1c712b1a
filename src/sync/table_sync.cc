#include "sync/table_sync.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>

#include "catalog/table_schema.h"
#include "cloudquery/log/printable.h"
#include "sync/retype.h"

namespace s3source {

TableSync::TableSync(const TableObjects& listed, TableCursor cursor,
                     std::optional<KnownSchema> known, cq::SyncSink& sink, Clock now)
    : listed_(listed),
      work_(cursor.Plan(listed.objects)),
      sink_(sink),
      now_(std::move(now)),
      known_(std::move(known)),
      schema_from_state_(known_.has_value() ? known_->schema : nullptr),
      cursor_(std::move(cursor)) {}

void TableSync::Begin() {
  sink_.Begin(name());
  const std::lock_guard lock(mutex_);
  if (!begun_) begun_ = now_();
}

void TableSync::NoteEnd() {
  if (begun_) counts_.duration = now_() - *begun_;
}

bool TableSync::announced() const {
  const std::shared_lock lock(announce_mutex_);
  return announced_;
}

bool TableSync::adds_ids() const {
  const std::shared_lock lock(announce_mutex_);
  return known_->schema->GetFieldIndex(cq::kCqId) < 0;
}

arrow::Status TableSync::Announce(std::shared_ptr<arrow::Schema> schema) {
  ARROW_ASSIGN_OR_RAISE(const cq::Table table, MakeTable(listed_.name, *schema));
  ARROW_RETURN_NOT_OK(sink_.MigrateTable(table));
  known_->schema = std::move(schema);
  record_schema_ = cq::ToArrowSchema(table);
  announced_ = true;
  return arrow::Status::OK();
}

arrow::Status TableSync::AnnounceKnown() {
  const std::unique_lock lock(announce_mutex_);
  if (!known_.has_value() || announced_) return arrow::Status::OK();
  return Announce(known_->schema);
}

arrow::Status TableSync::AnnounceAgain() {
  const std::unique_lock lock(announce_mutex_);
  if (!announced_) return arrow::Status::OK();
  return Announce(known_->schema);
}

arrow::Result<std::shared_ptr<arrow::Schema>> TableSync::Merge(
    const Object& object, const arrow::Schema& file_schema) const {
  auto merged = MergeSchemas(known_->schema, file_schema);
  if (merged.ok()) return merged;
  const char* or_start_anew =
      schema_from_state_ != nullptr
          ? ", or delete the table's keys from the state to start it anew"
          : "";
  return arrow::Status::Invalid(
      "schema mismatch in table ", listed_.name, ": file ", cq::Printable(object.key),
      " does not have the columns of file ", cq::Printable(known_->first_key), ": ",
      merged.status().message(),
      "; move files of another form under a prefix of their own", or_start_anew);
}

arrow::Status TableSync::AnnounceFor(const Object& object,
                                     const std::shared_ptr<arrow::Schema>& file_schema) {
  {
    // The usual case must not wait for inserts, which wait for the client.
    const std::shared_lock lock(announce_mutex_);
    if (announced_) {
      ARROW_ASSIGN_OR_RAISE(const auto merged, Merge(object, *file_schema));
      if (merged->Equals(*known_->schema)) return arrow::Status::OK();
    }
  }
  const std::unique_lock lock(announce_mutex_);
  if (!known_.has_value()) {
    known_ = KnownSchema{.schema = file_schema, .first_key = object.key};
    return Announce(file_schema);
  }
  ARROW_ASSIGN_OR_RAISE(auto merged, Merge(object, *file_schema));
  if (announced_ && merged->Equals(*known_->schema)) return arrow::Status::OK();
  return Announce(std::move(merged));
}

arrow::Status TableSync::Insert(const arrow::RecordBatch& record) {
  const std::shared_lock lock(announce_mutex_);
  return sink_.Insert(listed_.name, *Retype(record, record_schema_));
}

void TableSync::RecordDelivered(const Object& object) {
  const std::lock_guard lock(mutex_);
  ++counts_.delivered;
  counts_.bytes += object.size_bytes;
  NoteEnd();
  cursor_.Record(object);
}

void TableSync::Fail(arrow::Status status, bool abandon) {
  const std::lock_guard lock(mutex_);
  if (failure_.ok()) failure_ = std::move(status);
  if (abandon) abandoned_ = true;
}

arrow::Status TableSync::failure() const {
  const std::lock_guard lock(mutex_);
  if (failure_.ok() && counts_.delivered == 0) return denied_;
  return failure_;
}

void TableSync::RecordSkipped(const arrow::Status& fault) {
  const FaultReason reason = ReasonOf(fault);
  const std::lock_guard lock(mutex_);
  ++counts_.skipped[reason];
  NoteEnd();
  if (reason == FaultReason::kObjectDenied && denied_.ok()) denied_ = fault;
}

TableSync::Counts TableSync::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts = counts_;
  counts.rows = rows_;
  counts.retries = retries_;
  return counts;
}

arrow::Result<std::optional<TableCursor::Update>> TableSync::CursorUpdate(
    Timestamp list_started) const {
  const std::lock_guard lock(mutex_);
  return cursor_.Encode(listed_.objects, list_started);
}

arrow::Result<std::optional<std::string>> TableSync::SchemaUpdate() const {
  const std::shared_lock lock(announce_mutex_);
  if (!announced_) return std::nullopt;
  if (schema_from_state_ != nullptr &&
      schema_from_state_->Equals(*known_->schema, /*check_metadata=*/true)) {
    return std::nullopt;
  }
  return EncodeSchemaState(*known_);
}

}  // namespace s3source
