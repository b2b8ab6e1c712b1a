#pragma once

#include <arrow/status.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

#include "sync/delivery.h"

namespace s3source {

/// What the pieces of one object, at first one, come to together. Thread-safe.
class ObjectPieces {
 public:
  explicit ObjectPieces(std::stop_token stop);

  /// Ends with the caller's stop, or when a piece has failed.
  std::stop_token stop_token() const { return stop_.get_token(); }

  /// Before a piece has ended.
  void Add(int64_t pieces);
  /// One of the pieces has ended, once for each. To the last one: the rows of all of them
  /// and the first failure.
  std::optional<Delivered> End(const Delivered& piece);

 private:
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> on_stop_;

  std::mutex mutex_;
  int64_t left_ = 1;
  Delivered together_;
};

}  // namespace s3source
