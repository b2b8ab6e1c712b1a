#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

namespace cq {

/// An Arrow IPC stream in pieces that share the memory of the batch they came from.
/// Concatenated, the pieces are the stream.
struct EncodedRecord {
  std::vector<std::shared_ptr<arrow::Buffer>> pieces;
  int64_t size_bytes = 0;
  int64_t rows = 0;
};

/// The schema-only IPC stream (schema message and end-of-stream) of MigrateTable and GetTables.
arrow::Result<std::shared_ptr<arrow::Buffer>> EncodeSchema(const arrow::Schema& schema);
arrow::Result<std::shared_ptr<arrow::Schema>> DecodeSchema(std::shared_ptr<arrow::Buffer> stream);

/// Every batch of a stream. (The CLI reads only the first batch of an insert.)
arrow::Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> DecodeRecords(
    std::shared_ptr<arrow::Buffer> stream);

/// Encodes batches of one schema. The schema message is serialised once. Thread-safe after Make.
class RecordEncoder {
 public:
  /// A message above `target_bytes` is split by rows; a single row above `max_bytes` is an error.
  struct Limits {
    int64_t target_bytes = 4 << 20;
    int64_t max_bytes = 100 << 20;  ///< CloudQuery's clients drop or refuse larger messages
  };
  static constexpr Limits kDefaultLimits{};

  static arrow::Result<RecordEncoder> Make(std::shared_ptr<arrow::Schema> schema,
                                           Limits limits = kDefaultLimits);

  /// Encodes `batch` (of exactly this schema, metadata aside) as one or more streams with one batch
  /// each and hands them to `consume` in row order. A batch without rows gives nothing. The first
  /// error of `consume` ends the call and is returned. CapacityError names the row that is too big.
  arrow::Status Encode(const arrow::RecordBatch& batch,
                       const std::function<arrow::Status(EncodedRecord)>& consume) const;

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

 private:
  RecordEncoder(std::shared_ptr<arrow::Schema> schema, std::shared_ptr<arrow::Buffer> prefix,
                Limits limits);

  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::Buffer> prefix_;  ///< the schema message
  Limits limits_;
};

}  // namespace cq
