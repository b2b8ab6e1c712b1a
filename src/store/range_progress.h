#pragma once

#include <arrow/buffer.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/arrival_marks.h"
#include "store/object_store.h"

namespace s3source {

/// One range of one version of an object on its way into a buffer, by several requests
/// where bodies break off: what has come of it and what is left to ask for. Bytes of
/// another version or place are never kept. Not thread-safe.
class RangeProgress {
 public:
  /// `destination` has as many bytes as `range`.
  RangeProgress(ByteRange range, std::string etag,
                std::shared_ptr<arrow::Buffer> destination);

  /// What is left to ask for, and where it goes: as long as rest().length.
  ByteRange rest() const;
  uint8_t* destination() const { return buffer_->mutable_data() + done_; }

  /// A request for the rest is about to be made.
  void Begin();

  /// How an attempt of the request was answered.
  struct Head {
    int status = 0;
    std::string_view etag;
    std::string_view content_range;
  };
  /// Of an attempt that did not end well, once for each. Where it brought what was not
  /// asked for, nothing can be told any more of what the request has brought, not even by
  /// its attempts before.
  void Look(const Head& head);
  /// Of an attempt that Look() has seen and whose body broke off: keeps what came, if it
  /// is told. False, and nothing is kept, where it is nothing or something was kept
  /// before.
  bool Keep(const Head& head);

  int64_t kept() const { return kept_; }
  /// Whether what was kept is worth as much as an attempt: of a range, at most
  /// kMostFreeAttempts times.
  bool kept_much() const { return kept_ * kMostFreeAttempts >= range_.length; }
  static constexpr int64_t kMostFreeAttempts = 32;

  /// What was kept is no longer asked for.
  void Advance();

  /// An answer to the request for the rest, `content_range` of `bytes` bytes, becomes one
  /// to the request for all. An answer that is not the rest stays as it is, and is found
  /// not to be what was asked for.
  void Join(std::string* content_range, int64_t* bytes) const;

 private:
  /// "bytes 5-9/" from the byte `from` of the range on.
  std::string Prefix(int64_t from) const;
  /// The object's size as an attempt tells it that is of the right version and range.
  std::optional<std::string> TotalOf(const Head& head) const;

  ByteRange range_;
  std::string etag_;
  std::shared_ptr<arrow::Buffer> buffer_;
  int64_t done_ = 0;                   ///< bytes of requests before this one
  std::string total_;                  ///< the object's size, as they told it
  std::optional<ArrivalMarks> marks_;  ///< of this request
  int64_t kept_ = 0;
  bool strange_ = false;  ///< other bytes came than those asked for
};

}  // namespace s3source
