#pragma once

#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace s3source {

/// Cuts the batches of one object into records of exactly `rows` rows, wherever the
/// batches end. The last may be shorter, and so is one whose rows take 16 MiB: no more is
/// held back to fill a record. Slices share the batches' memory; only rows at a
/// batch's end that wait for the next batch are copied.
class RecordSlicer {
 public:
  using Consumer = std::function<arrow::Status(const arrow::RecordBatch&)>;

  RecordSlicer(int64_t rows, Consumer consume);

  arrow::Status Add(std::shared_ptr<arrow::RecordBatch> batch);
  /// Hands over what is left.
  arrow::Status Finish();

 private:
  int64_t rows_;
  Consumer consume_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> pending_;
  int64_t pending_rows_ = 0;  ///< less than rows_
  int64_t pending_bytes_ = 0;
};

}  // namespace s3source
