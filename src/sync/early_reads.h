#pragma once

#include <arrow/util/future.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>

#include "read/memory_budget.h"
#include "read/object_reader.h"
#include "store/object.h"
#include "store/object_store.h"

namespace s3source {

/// FetchObject, of which nothing is thrown: then the future has ended already.
arrow::Future<FetchedObject> BeginFetch(ObjectStore& store, const Object& object,
                                        const ReadOptions& options, std::stop_token stop);

/// What the first GET of an object is charged with.
int64_t FetchCharge(const Object& object, const ReadOptions& options);

/// Reads that are begun while the listing still goes on: until its last page has come the
/// store would have nothing else to do. For one thread, but for Stop.
///
/// What was begun holds memory until it is taken, so all of it is to be taken or dropped
/// before anything waits for memory.
class EarlyReads {
 public:
  struct Options {
    /// Reads that are begun and have not ended, at most.
    int64_t at_once = 0;
    /// What is begun may hold so much, all together.
    int64_t most_bytes = 0;
  };
  struct Read {
    MemoryCharge charge;
    arrow::Future<FetchedObject> fetched;
  };

  /// `store` and `read`, which has a budget, outlive this.
  EarlyReads(ObjectStore& store, const ReadOptions& read, Options options);
  /// Stops what has not ended.
  ~EarlyReads() { Stop(); }
  EarlyReads(const EarlyReads&) = delete;
  EarlyReads& operator=(const EarlyReads&) = delete;

  /// An object that is to be read in this version, whatever else the listing brings.
  /// Begins what has room, urgent objects first; forgets what will hardly have any.
  void Offer(const Object& object, bool urgent);

  /// The read of this version, if it was begun.
  std::optional<Read> Take(const Object& object);
  /// Was given by Take.
  bool Took(const Object& object) const;
  /// Reads that Take has not given yet.
  int64_t left() const { return left_; }
  /// Forgets these; their bytes are no longer charged, and gone when they have come.
  void DropRest();

  /// Ends all that was begun with Cancelled, also what was taken. On any thread.
  void Stop() { stop_.request_stop(); }

 private:
  struct Begun {
    Object object;
    std::optional<Read> read;  ///< null: taken
  };

  void Begin();

  ObjectStore& store_;
  const ReadOptions& read_;
  const Options options_;
  std::stop_source stop_;
  std::deque<Object> offered_;
  std::unordered_map<std::string, Begun> begun_;  ///< by key
  int64_t bytes_ = 0;
  int64_t left_ = 0;
  /// Shared with the callbacks of reads, which may outlive this.
  std::shared_ptr<std::atomic<int64_t>> under_way_;
};

}  // namespace s3source
