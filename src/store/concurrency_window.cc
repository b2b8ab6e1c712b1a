#include "store/concurrency_window.h"

#include <algorithm>

namespace s3source {

void ConcurrencyWindow::Begin() {
  ++under_way_;
  peak_ = std::max(peak_, under_way_);
}

void ConcurrencyWindow::End(bool good) {
  --under_way_;
  if (old_ > 0) {
    --old_;
    return;
  }
  if (!good || allowed_ >= most_ || ++good_ < allowed_) return;
  good_ = 0;
  ++allowed_;
}

bool ConcurrencyWindow::Throttle() {
  good_ = 0;
  if (old_ > 0) return false;
  old_ = under_way_;
  const int64_t before = allowed_;
  // Where fewer were under way than allowed, it is these that were too many.
  allowed_ = std::max<int64_t>(1, std::min(allowed_, peak_) / 2);
  peak_ = under_way_;
  return allowed_ < before;
}

}  // namespace s3source
