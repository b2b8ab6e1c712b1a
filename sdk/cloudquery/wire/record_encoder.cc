#include <arrow/buffer.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "cloudquery/log/printable.h"
#include "cloudquery/wire/framing.h"
#include "cloudquery/wire/ipc.h"

namespace cq {
namespace {

// A message's mark and length, its padding at most, and the end of the stream.
constexpr int64_t kFramingBytes = 8 + 7 + 8;
constexpr int64_t kMaxRows = std::numeric_limits<int32_t>::max();

arrow::Status RowTooLarge(const arrow::RecordBatch& row, int64_t row_number, int64_t size,
                          int64_t max_bytes) {
  int largest = 0;
  int64_t largest_bytes = -1;
  for (int i = 0; i < row.num_columns(); ++i) {
    const int64_t bytes = arrow::util::ReferencedBufferSize(*row.column(i)).ValueOr(0);
    if (bytes > largest_bytes) {
      largest = i;
      largest_bytes = bytes;
    }
  }
  std::string column;
  if (largest_bytes >= 0) {
    column = "; its largest column is " + Printable(row.column_name(largest)) + " with " +
             std::to_string(largest_bytes) + " bytes";
  }
  return arrow::Status::CapacityError(
      "row ", row_number, " of the batch (counted from 0) makes a message of ", size,
      " bytes, more than the ", max_bytes, " bytes that CloudQuery's clients accept",
      column, ": shorten or leave out the row's large values");
}

}  // namespace

RecordEncoder::RecordEncoder(std::shared_ptr<arrow::Schema> schema,
                             std::shared_ptr<arrow::Buffer> prefix, RecordLimits limits)
    : schema_(std::move(schema)), prefix_(std::move(prefix)), limits_(limits) {}

arrow::Result<RecordEncoder> RecordEncoder::Make(std::shared_ptr<arrow::Schema> schema,
                                                 RecordLimits limits) {
  if (limits.target_bytes <= 0 || limits.max_bytes < limits.target_bytes) {
    return arrow::Status::Invalid(
        "a message's limits must be 0 < target_bytes <= max_bytes");
  }
  ARROW_RETURN_NOT_OK(RefuseDictionaries(*schema));
  ARROW_ASSIGN_OR_RAISE(auto prefix, arrow::ipc::SerializeSchema(*schema));
  return RecordEncoder(std::move(schema), std::move(prefix), limits);
}

arrow::Status RecordEncoder::Encode(const arrow::RecordBatch& batch,
                                    const Consumer& consume) const {
  if (batch.num_rows() == 0) return arrow::Status::OK();
  if (batch.schema() != schema_ &&
      !batch.schema()->Equals(*schema_, /*check_metadata=*/false)) {
    return arrow::Status::Invalid(
        "a batch with the columns\n", batch.schema()->ToString(),
        "\ncannot be sent as a record with the columns\n", schema_->ToString());
  }
  return EncodeRows(batch, 0, consume);
}

arrow::Status RecordEncoder::EncodeRows(const arrow::RecordBatch& rows, int64_t first_row,
                                        const Consumer& consume) const {
  if (rows.num_rows() > kMaxRows) {
    return EncodeInParts(rows, first_row, rows.num_rows() / kMaxRows + 1, consume);
  }
  arrow::ipc::IpcPayload payload;
  ARROW_RETURN_NOT_OK(arrow::ipc::GetRecordBatchPayload(
      rows, arrow::ipc::IpcWriteOptions::Defaults(), &payload));
  // What is there whatever the rows are. Splitting by rows only makes the rest smaller.
  const int64_t fixed = prefix_->size() + payload.metadata->size() + kFramingBytes;
  const int64_t room = std::max(limits_.target_bytes - fixed, limits_.target_bytes / 2);
  const int64_t size = fixed + payload.body_length;
  if (payload.body_length > room || size > limits_.max_bytes) {
    if (rows.num_rows() > 1) {
      return EncodeInParts(rows, first_row, payload.body_length / room + 1, consume);
    }
    if (size > limits_.max_bytes) {
      return RowTooLarge(rows, first_row, size, limits_.max_bytes);
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto record, Frame(payload));
  record.rows = rows.num_rows();
  return consume(std::move(record));
}

arrow::Status RecordEncoder::EncodeInParts(const arrow::RecordBatch& rows,
                                           int64_t first_row, int64_t parts,
                                           const Consumer& consume) const {
  parts = std::clamp<int64_t>(parts, 2, rows.num_rows());
  const int64_t step = (rows.num_rows() + parts - 1) / parts;
  for (int64_t start = 0; start < rows.num_rows(); start += step) {
    ARROW_RETURN_NOT_OK(EncodeRows(*rows.Slice(start, step), first_row + start, consume));
  }
  return arrow::Status::OK();
}

arrow::Result<EncodedRecord> RecordEncoder::Frame(
    const arrow::ipc::IpcPayload& payload) const {
  EncodedRecord record;
  record.pieces.reserve(3 + 2 * payload.body_buffers.size());
  const auto add = [&record](std::shared_ptr<arrow::Buffer> piece) {
    record.size_bytes += piece->size();
    record.pieces.push_back(std::move(piece));
  };
  add(prefix_);
  ARROW_ASSIGN_OR_RAISE(auto head, MessageHead(*payload.metadata));
  add(std::move(head));
  int64_t padding = 0;
  for (const auto& buffer : payload.body_buffers) {
    if (buffer == nullptr || buffer->size() == 0) continue;
    if (padding > 0) add(ZeroBytes(padding));
    add(buffer);
    padding = PaddingOf(buffer->size());
  }
  add(EndOfStream(padding));
  return record;
}

}  // namespace cq
