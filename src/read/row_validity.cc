#include "read/row_validity.h"

#include <arrow/buffer.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_generate.h>

#include <algorithm>

namespace s3source {

arrow::Status RowValidity::Append(std::span<const int16_t> levels, int64_t values) {
  const auto rows = levels.empty() ? values : static_cast<int64_t>(levels.size());
  if (rows > capacity_ - rows_) return arrow::Status::Invalid("too many rows");
  const auto valid =
      levels.empty() ? values : std::count(levels.begin(), levels.end(), int16_t{1});
  if (valid != values) {
    return arrow::Status::Invalid("a page of it announces ", valid, " values and holds ",
                                  values);
  }
  if (bitmap_ == nullptr && valid < rows) {
    ARROW_ASSIGN_OR_RAISE(bitmap_, arrow::AllocateEmptyBitmap(capacity_, pool_));
    arrow::bit_util::SetBitsTo(bitmap_->mutable_data(), 0, rows_, true);
  }
  if (valid < rows) {
    arrow::internal::GenerateBitsUnrolled(
        bitmap_->mutable_data(), rows_, rows,
        [level = levels.begin()]() mutable { return *level++ == 1; });
  } else if (bitmap_ != nullptr) {
    arrow::bit_util::SetBitsTo(bitmap_->mutable_data(), rows_, rows, true);
  }
  rows_ += rows;
  nulls_ += rows - valid;
  return arrow::Status::OK();
}

}  // namespace s3source
