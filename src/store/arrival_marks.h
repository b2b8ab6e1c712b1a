#pragma once

#include <cstdint>
#include <cstring>
#include <span>

namespace s3source {

/// Tells how far a buffer was filled, front to back, by somebody who does not tell: marks
/// in it that are gone were overwritten. Bytes that look like a mark only make it less.
class ArrivalMarks {
 public:
  static constexpr size_t kStep = 16 << 10;

  /// Writes the marks. `bytes` outlive this.
  explicit ArrivalMarks(std::span<uint8_t> bytes) : bytes_(bytes) {
    for (size_t at = kStep; at + sizeof kMark <= bytes_.size(); at += kStep) {
      std::memcpy(&bytes_[at], &kMark, sizeof kMark);
    }
  }

  /// So many bytes have come at least, a multiple of kStep.
  int64_t arrived() const {
    if (bytes_.size() < kStep + sizeof kMark) return 0;
    size_t at = (bytes_.size() - sizeof kMark) / kStep * kStep;
    while (at > 0 && std::memcmp(&bytes_[at], &kMark, sizeof kMark) == 0) at -= kStep;
    return static_cast<int64_t>(at);
  }

 private:
  static constexpr uint64_t kMark = 0x9e3779b97f4a7c15;

  std::span<uint8_t> bytes_;
};

}  // namespace s3source
