#include "cloudquery/serve/stream_sink.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>

#include "cloudquery/log/printable.h"
#include "cloudquery/serve/framing.h"

namespace cq {
namespace {

// Clients drop messages above 100 MiB; around the record stand two tags with their
// lengths.
constexpr int64_t kMaxRecordBytes = (100 << 20) - 64;

}  // namespace

StreamSink::Encoder StreamSink::Find(const std::string& table) const {
  std::lock_guard lock(mutex_);
  const auto found = encoders_.find(table);
  return found == encoders_.end() ? nullptr : found->second;
}

arrow::Status StreamSink::MigrateTable(const Table& table) {
  ARROW_RETURN_NOT_OK(ValidateTables({table}));
  if (!table.parent.empty() && !Find(table.parent)) {
    return arrow::Status::Invalid("table ", Printable(table.name),
                                  " was announced before its parent ",
                                  Printable(table.parent));
  }
  auto schema = ToArrowSchema(table);
  ARROW_ASSIGN_OR_RAISE(auto bytes, EncodeSchema(*schema));
  RecordLimits limits;
  limits.max_bytes = kMaxRecordBytes;
  ARROW_ASSIGN_OR_RAISE(auto made, RecordEncoder::Make(std::move(schema), limits));
  auto encoder = std::make_shared<const RecordEncoder>(std::move(made));
  ARROW_RETURN_NOT_OK(stream_.Send(FrameMigrateTable(std::move(bytes))));
  std::lock_guard lock(mutex_);
  encoders_.insert_or_assign(table.name, std::move(encoder));
  return arrow::Status::OK();
}

arrow::Status StreamSink::Insert(const std::string& table,
                                 const arrow::RecordBatch& batch) {
  const Encoder encoder = Find(table);
  if (!encoder) {
    return arrow::Status::Invalid(
        "rows of table ", Printable(table),
        " came before its MigrateTable: announce each table first");
  }
  ARROW_RETURN_NOT_OK(encoder->Encode(batch, [this](EncodedRecord record) {
    return stream_.Send(FrameInsert(std::move(record)));
  }));
  if (metrics_ != nullptr) metrics_->AddRows(table, batch.num_rows());
  return arrow::Status::OK();
}

arrow::Status StreamSink::Error(const std::string& table, const std::string& text) {
  if (stream_.stop_token().stop_requested())
    return arrow::Status::Cancelled("the sync was stopped");
  if (metrics_ != nullptr) metrics_->AddError(table);
  if (!with_error_messages_) return arrow::Status::OK();
  return stream_.Send(FrameError(Printable(table), Printable(text, 4096)));
}

void StreamSink::Begin(const std::string& table) {
  if (metrics_ != nullptr) metrics_->Begin(table);
}

}  // namespace cq
