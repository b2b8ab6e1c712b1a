#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace arrow::ipc {
struct IpcPayload;
}

namespace cq {

/// An Arrow IPC stream in pieces that share the memory of the batch they came from.
/// Concatenated, the pieces are the stream.
struct EncodedRecord {
  std::vector<std::shared_ptr<arrow::Buffer>> pieces;
  int64_t size_bytes = 0;
  int64_t rows = 0;
};

/// The schema-only IPC stream (schema message and end-of-stream) of MigrateTable and
/// GetTables.
arrow::Result<std::shared_ptr<arrow::Buffer>> EncodeSchema(const arrow::Schema& schema);
arrow::Result<std::shared_ptr<arrow::Schema>> DecodeSchema(
    std::shared_ptr<arrow::Buffer> stream);

/// Every batch of a stream, checked with ValidateFull. Columns of extension types that
/// are not registered come as their storage, here and in DecodeSchema. (The CLI reads
/// only the first batch of an insert.)
arrow::Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> DecodeRecords(
    std::shared_ptr<arrow::Buffer> stream);

/// How large the messages of a RecordEncoder become.
struct RecordLimits {
  /// A message above it is split by rows. (Where the schema alone takes more than half of
  /// it, the rows of a message may still take the other half.)
  int64_t target_bytes = 4 << 20;
  /// A single row above it is an error: CloudQuery's clients drop or refuse larger
  /// messages.
  int64_t max_bytes = 100 << 20;
};

/// Encodes batches of one schema. The schema message is serialised once. Thread-safe
/// after Make.
class RecordEncoder {
 public:
  /// Invalid when a column is dictionary-encoded at any depth or the limits make no
  /// sense.
  static arrow::Result<RecordEncoder> Make(std::shared_ptr<arrow::Schema> schema,
                                           RecordLimits limits = {});

  using Consumer = std::function<arrow::Status(EncodedRecord)>;

  /// Encodes `batch` (of exactly this schema, metadata aside) as one or more streams with
  /// one batch each and hands them to `consume` in row order. A batch without rows gives
  /// nothing. The first error of `consume` ends the call and is returned. CapacityError
  /// names the row that is too big.
  arrow::Status Encode(const arrow::RecordBatch& batch, const Consumer& consume) const;

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

 private:
  RecordEncoder(std::shared_ptr<arrow::Schema> schema,
                std::shared_ptr<arrow::Buffer> prefix, RecordLimits limits);

  arrow::Status EncodeRows(const arrow::RecordBatch& rows, int64_t first_row,
                           const Consumer& consume) const;
  arrow::Status EncodeInParts(const arrow::RecordBatch& rows, int64_t first_row,
                              int64_t parts, const Consumer& consume) const;
  arrow::Result<EncodedRecord> Frame(const arrow::ipc::IpcPayload& payload) const;

  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::Buffer> prefix_;  ///< the schema message
  RecordLimits limits_;
};

}  // namespace cq
