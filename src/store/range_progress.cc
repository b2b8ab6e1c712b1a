#include "store/range_progress.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

namespace s3source {

namespace {

std::string_view Unquoted(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag.remove_prefix(1);
    etag.remove_suffix(1);
  }
  return etag;
}

}  // namespace

bool IsSameTag(std::string_view etag, std::string_view other) {
  return Unquoted(etag) == Unquoted(other);
}

RangeProgress::RangeProgress(ByteRange range, std::string etag,
                             std::shared_ptr<arrow::Buffer> destination)
    : range_(range), etag_(std::move(etag)), buffer_(std::move(destination)) {}

ByteRange RangeProgress::rest() const {
  return {range_.offset + done_, range_.length - done_};
}

std::string RangeProgress::Prefix(int64_t from) const {
  return fmt::format("bytes {}-{}/", range_.offset + from,
                     range_.offset + range_.length - 1);
}

void RangeProgress::Begin(std::string_view etag, std::string_view content_range) {
  arrived_ = 0;
  answered_total_.reset();
  if (!IsSameTag(etag, etag_)) return;
  const auto total_after = [&](const std::string& prefix) {
    return content_range.starts_with(prefix)
               ? std::optional<std::string>(content_range.substr(prefix.size()))
               : std::nullopt;
  };
  answered_total_ = total_after(Prefix(done_));
  if (done_ > 0 && answered_total_ != total_) answered_total_.reset();
  if (answered_total_) return;
  answered_total_ = total_after(Prefix(0));
  if (answered_total_) done_ = 0;
}

bool RangeProgress::Add(std::string_view bytes) {
  const auto count = static_cast<int64_t>(bytes.size());
  const int64_t room = rest().length - arrived_;
  if (count > room) answered_total_.reset();
  if (answered_total_) {
    std::memcpy(buffer_->mutable_data() + done_ + arrived_, bytes.data(), bytes.size());
  }
  arrived_ += count;
  return count <= room;
}

int64_t RangeProgress::Keep() {
  std::optional<std::string> total = std::exchange(answered_total_, std::nullopt);
  if (!total || arrived_ == 0) return 0;
  total_ = *std::move(total);
  done_ += arrived_;
  return arrived_;
}

void RangeProgress::Join(std::string* content_range, int64_t* bytes) const {
  *bytes = arrived_;
  if (done_ == 0 || *content_range != Prefix(done_) + total_) return;
  *content_range = Prefix(0) + total_;
  *bytes += done_;
}

}  // namespace s3source
