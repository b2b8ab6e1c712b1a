#include "bench/sync_stats.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <memory>
#include <vector>

#include "cloudquery/plugin/v3/plugin.pb.h"

namespace bench {
namespace {

using cloudquery::plugin::v3::Sync_Response;

// First byte of a response that has this member and no other: field number and wire
// type 2.
constexpr uint8_t kMigrateTable = Sync_Response::kMigrateTableFieldNumber << 3 | 2;
constexpr uint8_t kInsert = Sync_Response::kInsertFieldNumber << 3 | 2;
constexpr uint8_t kDeleteRecord = Sync_Response::kDeleteRecordFieldNumber << 3 | 2;

/// The first byte of a message; 0, which starts none, when it is empty.
uint8_t FirstByte(const grpc::ByteBuffer& message) {
  // Dump shares the slices, it does not copy them.
  std::vector<grpc::Slice> slices;
  if (!message.Dump(&slices).ok()) return 0;
  for (const grpc::Slice& slice : slices) {
    if (slice.size() > 0) return *slice.begin();
  }
  return 0;
}

arrow::Result<Sync_Response> Parse(grpc::ByteBuffer message) {
  Sync_Response response;
  const grpc::Status status =
      grpc::SerializationTraits<Sync_Response>::Deserialize(&message, &response);
  if (!status.ok()) {
    return arrow::Status::Invalid("not a Sync response: ", status.error_message());
  }
  return response;
}

arrow::Result<int64_t> RowsOf(std::string record) {
  ARROW_ASSIGN_OR_RAISE(
      const auto stream,
      arrow::ipc::RecordBatchStreamReader::Open(std::make_shared<arrow::io::BufferReader>(
          arrow::Buffer::FromString(std::move(record)))));
  std::shared_ptr<arrow::RecordBatch> batch;
  ARROW_RETURN_NOT_OK(stream->ReadNext(&batch));
  if (!batch) return arrow::Status::Invalid("an insert without a batch");
  const int64_t rows = batch->num_rows();
  ARROW_RETURN_NOT_OK(batch->ValidateFull());
  ARROW_RETURN_NOT_OK(stream->ReadNext(&batch));
  if (batch) return arrow::Status::Invalid("an insert with more than one batch");
  return rows;
}

}  // namespace

arrow::Status SyncStats::Add(const grpc::ByteBuffer& message) {
  ++messages_;
  bytes_ += static_cast<int64_t>(message.Length());
  switch (FirstByte(message)) {
    case kMigrateTable:
      ++tables_;
      return arrow::Status::OK();
    case kDeleteRecord:
      return arrow::Status::OK();
    case kInsert:
      ++inserts_;
      break;
    default: {
      ARROW_ASSIGN_OR_RAISE(const Sync_Response response, Parse(message));
      return arrow::Status::Invalid("the plugin sent: ", response.ShortDebugString());
    }
  }
  if (!decode_) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(Sync_Response response, Parse(message));
  ARROW_ASSIGN_OR_RAISE(const int64_t rows,
                        RowsOf(std::move(*response.mutable_insert()->mutable_record())));
  rows_ += rows;
  return arrow::Status::OK();
}

}  // namespace bench
