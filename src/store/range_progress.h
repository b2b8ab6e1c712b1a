#pragma once

#include <arrow/buffer.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/object_store.h"

namespace s3source {

/// One range of one version of an object on its way into a buffer, by several requests
/// where bodies break off: what has come of it and what is left to ask for. Bytes of
/// another version or place are counted and never kept. Not thread-safe.
class RangeProgress {
 public:
  /// `destination` has as many bytes as `range`.
  RangeProgress(ByteRange range, std::string etag,
                std::shared_ptr<arrow::Buffer> destination);

  /// What is left to ask for.
  ByteRange rest() const;

  /// A request for the rest is answered well, with this version and range. An answer to
  /// the request for all is as good, and begins anew.
  void Begin(std::string_view etag, std::string_view content_range);
  /// The next bytes of that answer. False where these are more than were asked for.
  bool Add(std::string_view bytes);
  /// Of an answer that broke off: what came of it is no longer asked for. How much.
  int64_t Keep();
  /// Whether so many bytes are worth an attempt: a 32nd of the range or more, and not too
  /// often, as an answer may begin anew. Each call counts.
  bool IsWorthAnAttempt(int64_t kept) {
    return kept * kMostFreeAttempts >= range_.length && ++free_ <= kMostFreeAttempts;
  }
  static constexpr int64_t kMostFreeAttempts = 32;

  /// A whole answer to the request for the rest, of `content_range`, becomes one to the
  /// request for all; `bytes` is how many bytes both have. An answer that is not the rest
  /// stays as it is, and is found not to be what was asked for.
  void Join(std::string* content_range, int64_t* bytes) const;

 private:
  /// "bytes 5-9/" from the byte `from` of the range on.
  std::string Prefix(int64_t from) const;

  ByteRange range_;
  std::string etag_;
  std::shared_ptr<arrow::Buffer> buffer_;
  int64_t free_ = 0;                           ///< answers that were worth an attempt
  int64_t done_ = 0;                           ///< bytes of answers before this one
  std::string total_;                          ///< the object's size, as they told it
  std::optional<std::string> answered_total_;  ///< by this answer, if it is the rest
  int64_t arrived_ = 0;                        ///< bytes of this answer
};

/// Two tags are one where only one of them has its quotes.
bool IsSameTag(std::string_view etag, std::string_view other);

}  // namespace s3source
