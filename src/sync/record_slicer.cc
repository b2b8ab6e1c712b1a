#include "sync/record_slicer.h"

#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <utility>

namespace s3source {

namespace {

constexpr int64_t kMaxPendingBytes = 16 << 20;

}  // namespace

RecordSlicer::RecordSlicer(int64_t rows, Consumer consume)
    : rows_(rows), consume_(std::move(consume)) {}

arrow::Status RecordSlicer::Add(std::shared_ptr<arrow::RecordBatch> batch) {
  const int64_t rows = batch->num_rows();
  int64_t offset = 0;
  while (offset < rows) {
    const int64_t taken = std::min(rows_ - pending_rows_, rows - offset);
    if (taken == rows_) {
      ARROW_RETURN_NOT_OK(consume_(*batch->Slice(offset, taken)));
    } else {
      pending_.push_back(batch->Slice(offset, taken));
      pending_rows_ += taken;
      ARROW_ASSIGN_OR_RAISE(const int64_t bytes,
                            arrow::util::ReferencedBufferSize(*pending_.back()));
      pending_bytes_ += bytes;
      if (pending_rows_ == rows_ || pending_bytes_ >= kMaxPendingBytes) {
        ARROW_RETURN_NOT_OK(Finish());
      }
    }
    offset += taken;
  }
  return arrow::Status::OK();
}

arrow::Status RecordSlicer::Finish() {
  if (pending_.empty()) return arrow::Status::OK();
  pending_rows_ = 0;
  pending_bytes_ = 0;
  const auto parts = std::exchange(pending_, {});
  if (parts.size() == 1) return consume_(*parts.front());
  ARROW_ASSIGN_OR_RAISE(const auto whole, arrow::ConcatenateRecordBatches(parts));
  return consume_(*whole);
}

}  // namespace s3source
