#include "read/batch_size.h"

#include <algorithm>

namespace s3source {

namespace {

constexpr int64_t kFirstRows = 4096;
constexpr int64_t kGrowth = 4;

}  // namespace

BatchSize::BatchSize(int64_t batch_rows, int64_t batch_bytes, int64_t record_rows)
    : batch_rows_(std::max<int64_t>(1, batch_rows)),
      batch_bytes_(batch_bytes),
      record_rows_(std::max<int64_t>(1, record_rows)),
      most_rows_(std::min(batch_rows_, kFirstRows)) {}

void BatchSize::Expect(int64_t rows, int64_t bytes) {
  expected_row_bytes_ = bytes / std::max<int64_t>(1, rows);
}

void BatchSize::Observe(int64_t rows, int64_t bytes) {
  most_rows_ = std::min(batch_rows_, this->rows() * kGrowth);
  begun_rows_ = (begun_rows_ + rows) % record_rows_;
  observed_row_bytes_ = bytes / std::max<int64_t>(1, rows);
}

int64_t BatchSize::rows() const {
  const int64_t most = MostRows();
  const int64_t beyond_record = (begun_rows_ + most) % record_rows_;
  return beyond_record < most ? most - beyond_record : most;
}

int64_t BatchSize::MostRows() const {
  const int64_t row_bytes =
      std::max({int64_t{1}, expected_row_bytes_, observed_row_bytes_});
  return std::clamp<int64_t>(batch_bytes_ / row_bytes, 1, most_rows_);
}

}  // namespace s3source
