#include "store/limited_store.h"

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <utility>

#include "store/fault.h"

namespace s3source {
namespace {

using ReadFuture = arrow::Future<std::shared_ptr<arrow::Buffer>>;

arrow::Status Stopped() { return MakeFault(FaultReason::kCancelled, "stopped"); }

/// The line of reads that wait for a permit. Held by the store and by each read under
/// way, which may end after the store has begun to go away.
class Line : public std::enable_shared_from_this<Line> {
 public:
  Line(ObjectStore* store, int64_t concurrency) : store_(store), free_(concurrency) {}

  ReadFuture Read(const Object& object, ByteRange range, std::stop_token stop) {
    auto waiting = std::make_shared<Waiting>();
    waiting->object = object;
    waiting->range = range;
    waiting->stop = stop;
    auto future = waiting->future;
    {
      std::lock_guard lock(mutex_);
      if (closed_) return ReadFuture::MakeFinished(Stopped());
      waiting->place = line_.insert(line_.end(), waiting);
    }
    Advance();
    // Registered last: with the stop already requested it runs here and now.
    waiting->on_stop.emplace(
        std::move(stop), [line = weak_from_this(), weak = std::weak_ptr(waiting)] {
          auto stopped = weak.lock();
          auto self = line.lock();
          if (stopped != nullptr && self != nullptr && self->Leave(*stopped)) {
            stopped->future.MarkFinished(Stopped());
          }
        });
    return future;
  }

  /// Ends what waits. Afterwards the store behind is not called any more.
  void Close() {
    std::list<std::shared_ptr<Waiting>> rest;
    {
      std::unique_lock lock(mutex_);
      closed_ = true;
      for (const auto& waiting : line_) waiting->place.reset();
      rest.swap(line_);
      idle_.wait(lock, [this] { return !advancing_; });
    }
    for (const auto& waiting : rest) waiting->future.MarkFinished(Stopped());
  }

 private:
  struct Waiting {
    Object object;
    ByteRange range;
    std::stop_token stop;
    ReadFuture future = ReadFuture::Make();
    /// Where it stands in line_; empty once it has left. Guarded by mutex_.
    std::optional<std::list<std::shared_ptr<Waiting>>::iterator> place;
    std::optional<std::stop_callback<std::function<void()>>> on_stop;
  };

  bool Leave(Waiting& waiting) {
    std::lock_guard lock(mutex_);
    if (!waiting.place) return false;
    line_.erase(*waiting.place);
    waiting.place.reset();
    return true;
  }

  std::shared_ptr<Waiting> Next() {
    std::lock_guard lock(mutex_);
    if (free_ == 0 || line_.empty()) {
      advancing_ = false;
      idle_.notify_all();
      return nullptr;
    }
    --free_;
    auto next = line_.front();
    line_.pop_front();
    next->place.reset();
    return next;
  }

  /// Starts what may start. A read that is answered at once frees its permit inside of
  /// this loop; `advancing_` lets the loop go on then, instead of starting another one
  /// inside itself.
  void Advance() {
    {
      std::lock_guard lock(mutex_);
      if (advancing_) return;
      advancing_ = true;
    }
    while (auto next = Next()) {
      store_->Read(next->object, next->range, next->stop)
          .AddCallback([self = shared_from_this(), next](const auto& result) {
            {
              std::lock_guard lock(self->mutex_);
              ++self->free_;
            }
            self->Advance();
            next->future.MarkFinished(result);
          });
    }
  }

  ObjectStore* const store_;
  std::mutex mutex_;
  std::condition_variable idle_;
  int64_t free_;
  bool advancing_ = false;
  bool closed_ = false;
  std::list<std::shared_ptr<Waiting>> line_;
};

class LimitedStore final : public ObjectStore {
 public:
  LimitedStore(std::unique_ptr<ObjectStore> store, int64_t concurrency)
      : store_(std::move(store)),
        line_(std::make_shared<Line>(store_.get(), concurrency)) {}
  ~LimitedStore() override { line_->Close(); }

  const std::string& bucket() const override { return store_->bucket(); }
  arrow::Status List(const std::string& prefix, std::stop_token stop,
                     const PageVisitor& visit) override {
    return store_->List(prefix, std::move(stop), visit);
  }
  ReadFuture Read(const Object& object, ByteRange range, std::stop_token stop) override {
    return line_->Read(object, range, std::move(stop));
  }

 private:
  std::unique_ptr<ObjectStore> store_;
  std::shared_ptr<Line> line_;
};

}  // namespace

std::unique_ptr<ObjectStore> LimitReads(std::unique_ptr<ObjectStore> store,
                                        int64_t concurrency) {
  if (concurrency <= 0) return store;
  return std::make_unique<LimitedStore>(std::move(store), concurrency);
}

}  // namespace s3source
