#pragma once

#include <arrow/buffer.h>
#include <arrow/status.h>
#include <arrow/util/future.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "store/object.h"

namespace s3source {

/// Bytes [offset, offset + length) of an object.
struct ByteRange {
  int64_t offset = 0;
  int64_t length = 0;
};

/// Receives a listing page by page, on the thread that lists. The page with the first
/// keys comes first, the others in any order, each with its keys in the server's order.
/// An error ends the listing and is its result.
using PageVisitor = std::function<arrow::Status(std::vector<Object> page)>;

/// The only door to a bucket's objects. Thread-safe. Destroying it cancels and awaits
/// what is under way.
///
/// Errors carry a Fault (fault.h) and name the bucket and key. A listing that fails
/// half-way is an error, never a short list.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  virtual const std::string& bucket() const = 0;

  /// How far the store's clock is ahead of ours, as its last answers tell; negative when
  /// it is behind. Zero when it does not tell.
  virtual std::chrono::nanoseconds ClockOffset() const {
    return std::chrono::nanoseconds(0);
  }
  /// Requests that had to be sent again so far.
  virtual int64_t retries() const { return 0; }

  /// `told` is called with the key for each read that has to be sent again, on any
  /// thread, until another one is set; null for nobody. Nothing of the one before runs
  /// when this returns.
  // NOLINTNEXTLINE(performance-unnecessary-value-param): others keep it
  virtual void ObserveRetries(std::function<void(const std::string& key)> /*told*/) {}

  /// Every object whose key starts with `prefix`, each once, in pages of at most 1,000. A
  /// call whose stop is already requested asks for nothing and is Cancelled. Several
  /// requests may be under way at a time; none is when it returns.
  virtual arrow::Status List(const std::string& prefix, std::stop_token stop,
                             const PageVisitor& visit) = 0;

  /// The bytes of `range`, which lies within the object, in exactly the version that was
  /// listed: every read is pinned to object.etag (If-Match), another version is a Fault
  /// of reason kChanged. The buffer holds range.length bytes. Not blocking. After stop
  /// the future ends with Cancelled.
  ///
  /// What is chained to the future may run on a network thread, on the one that asks for
  /// the stop, or inside this call: hand long work to an executor, and never destroy the
  /// store there. An empty range needs no request.
  virtual arrow::Future<std::shared_ptr<arrow::Buffer>> Read(const Object& object,
                                                             ByteRange range,
                                                             std::stop_token stop) = 0;

  /// `told` is called for each attempt that the server refuses because it is asked for
  /// too much, also where a later attempt succeeds: on any thread, until the store is
  /// destroyed. To be set before the first call; without effect where nothing throttles.
  virtual void ObserveThrottling(std::function<void()> /*told*/) {}  // NOLINT
};

/// Invalid when `range` does not lie within `object`: a mistake of the caller, not of the
/// store.
arrow::Status CheckRange(const std::string& bucket, const Object& object,
                         ByteRange range);

}  // namespace s3source
