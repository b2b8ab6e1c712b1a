#include "store/limited_store.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "store/concurrency_window.h"
#include "store/fault.h"
#include "store/forwarding_store.h"

namespace s3source {
namespace {

using ReadFuture = arrow::Future<std::shared_ptr<arrow::Buffer>>;

arrow::Status Stopped() { return MakeFault(FaultReason::kCancelled, "stopped"); }

/// The line of reads that wait for a permit. Held by the store and by each read under
/// way, which may end after the store has begun to go away.
class Line : public std::enable_shared_from_this<Line> {
 public:
  Line(ObjectStore* store, int64_t concurrency, cq::Logger& logger)
      : store_(store), bucket_(store->bucket()), logger_(logger), window_(concurrency) {}

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

  /// The store behind says that it is asked for too much.
  void Throttle() {
    int64_t allowed = 0;
    bool first = false;
    {
      std::lock_guard lock(mutex_);
      if (closed_) return;
      first = !std::exchange(throttled_, true);
      if (!window_.Throttle() && !first) return;
      allowed = window_.allowed();
    }
    const cq::LogFields fields = {{"bucket", bucket_}, {"reads_allowed", allowed}};
    if (first) {
      logger_.Warn(
          "the S3 server asks for fewer requests at a time, so fewer are made; where "
          "this "
          "happens often, lower concurrency",
          fields);
    } else {
      logger_.Debug("fewer reads at a time", fields);
    }
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
    if (!window_.MayBegin() || line_.empty()) {
      advancing_ = false;
      idle_.notify_all();
      return nullptr;
    }
    window_.Begin();
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
      Ask(*next).AddCallback([self = shared_from_this(), next](const auto& result) {
        self->End(result.ok());
        self->Advance();
        next->future.MarkFinished(result);
      });
    }
  }

  /// Throws nothing: who advances would never end, and all that wait would do so forever.
  ReadFuture Ask(const Waiting& next) {
    try {
      return store_->Read(next.object, next.range, next.stop);
    } catch (const std::exception& error) {
      return ReadFuture::MakeFinished(arrow::Status::OutOfMemory(
          "the read could not be sent: ", error.what(), "; give the plugin more memory"));
    }
  }

  void End(bool good) {
    std::lock_guard lock(mutex_);
    window_.End(good);
  }

  ObjectStore* const store_;
  const std::string bucket_;
  cq::Logger& logger_;
  std::mutex mutex_;
  std::condition_variable idle_;
  ConcurrencyWindow window_;
  bool throttled_ = false;
  bool advancing_ = false;
  bool closed_ = false;
  std::list<std::shared_ptr<Waiting>> line_;
};

class LimitedStore final : public ForwardingStore {
 public:
  LimitedStore(std::unique_ptr<ObjectStore> store, int64_t concurrency,
               cq::Logger& logger)
      : ForwardingStore(*store),
        store_(std::move(store)),
        line_(std::make_shared<Line>(store_.get(), concurrency, logger)) {
    store_->ObserveThrottling([line = std::weak_ptr(line_)] {
      if (const auto self = line.lock()) self->Throttle();
    });
  }
  ~LimitedStore() override { line_->Close(); }

  ReadFuture Read(const Object& object, ByteRange range, std::stop_token stop) override {
    return line_->Read(object, range, std::move(stop));
  }

 private:
  std::unique_ptr<ObjectStore> store_;
  std::shared_ptr<Line> line_;
};

}  // namespace

std::unique_ptr<ObjectStore> LimitReads(std::unique_ptr<ObjectStore> store,
                                        int64_t concurrency, cq::Logger& logger) {
  const int64_t most =
      concurrency > 0 ? concurrency : std::numeric_limits<int64_t>::max();
  return std::make_unique<LimitedStore>(std::move(store), most, logger);
}

}  // namespace s3source
