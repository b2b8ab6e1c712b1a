#include "store/range_progress.h"

#include <fmt/format.h>

#include <span>
#include <utility>

namespace s3source {

namespace {

constexpr int kPartialContent = 206;

}  // namespace

RangeProgress::RangeProgress(ByteRange range, std::string etag,
                             std::shared_ptr<arrow::Buffer> destination)
    : range_(range), etag_(std::move(etag)), buffer_(std::move(destination)) {}

ByteRange RangeProgress::rest() const {
  return {range_.offset + done_, range_.length - done_};
}

void RangeProgress::Begin() {
  kept_ = 0;
  strange_ = false;
  marks_.emplace(std::span(destination(), static_cast<size_t>(rest().length)));
}

std::string RangeProgress::Prefix(int64_t from) const {
  return fmt::format("bytes {}-{}/", range_.offset + from,
                     range_.offset + range_.length - 1);
}

std::optional<std::string> RangeProgress::TotalOf(const Head& head) const {
  const std::string prefix = Prefix(done_);
  if (head.status != kPartialContent || head.etag != etag_ ||
      !head.content_range.starts_with(prefix)) {
    return std::nullopt;
  }
  std::string total(head.content_range.substr(prefix.size()));
  if (!total_.empty() && total != total_) return std::nullopt;
  return total;
}

// The body of every good status is written into the buffer. Where it is not what was
// asked for, the marks no longer tell what has come, and an attempt that had begun before
// the request was to end may have written over what was kept: also one that was cancelled
// then.
void RangeProgress::Look(const Head& head) {
  if (head.status / 100 != 2 || TotalOf(head)) return;
  strange_ = true;
  kept_ = 0;
}

bool RangeProgress::Keep(const Head& head) {
  if (strange_ || kept_ > 0) return false;
  std::optional<std::string> total = TotalOf(head);
  if (!total) return false;
  kept_ = marks_->arrived();
  if (kept_ > 0) total_ = *std::move(total);
  return kept_ > 0;
}

void RangeProgress::Advance() { done_ += std::exchange(kept_, 0); }

void RangeProgress::Join(std::string* content_range, int64_t* bytes) const {
  if (done_ == 0 || *content_range != Prefix(done_) + total_) return;
  *content_range = Prefix(0) + total_;
  *bytes += done_;
}

}  // namespace s3source
