#include "store/memory_store.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "cloudquery/log/printable.h"
#include "store/fault.h"

namespace s3source {
namespace {

std::string EtagOf(const std::string& bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("\"{:016x}{:016x}\"", hash.high64, hash.low64);
}

arrow::Status Stopped() { return MakeFault(FaultReason::kCancelled, "stopped"); }

}  // namespace

/// A read that waits for ReleaseReads or for its stop. Whoever takes `future` first
/// answers it.
struct MemoryStore::Held {
  Object object;
  ByteRange range;
  std::mutex mutex;
  std::optional<arrow::Future<std::shared_ptr<arrow::Buffer>>> future;
  std::optional<std::stop_callback<std::function<void()>>> on_stop;

  std::optional<arrow::Future<std::shared_ptr<arrow::Buffer>>> Take() {
    std::lock_guard lock(mutex);
    return std::exchange(future, std::nullopt);
  }
};

MemoryStore::MemoryStore(std::string bucket, size_t page_size)
    : bucket_(std::move(bucket)), page_size_(page_size) {}

MemoryStore::~MemoryStore() {
  for (const auto& held : held_) {
    if (auto future = held->Take()) future->MarkFinished(Stopped());
  }
}

Object MemoryStore::Put(const std::string& key, std::string bytes, Traits traits) {
  Object object{key, EtagOf(bytes), static_cast<int64_t>(bytes.size()),
                traits.last_modified, std::move(traits.storage_class)};
  std::lock_guard lock(mutex_);
  objects_[key] = Stored{object, arrow::Buffer::FromString(std::move(bytes))};
  return object;
}

void MemoryStore::Delete(const std::string& key) {
  std::lock_guard lock(mutex_);
  objects_.erase(key);
}

std::vector<MemoryStore::Request> MemoryStore::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

size_t MemoryStore::reads() const {
  std::lock_guard lock(mutex_);
  return std::count_if(requests_.begin(), requests_.end(),
                       [](const Request& r) { return r.kind == Request::Kind::kRead; });
}

size_t MemoryStore::reads(const std::string& key) const {
  std::lock_guard lock(mutex_);
  return std::count_if(requests_.begin(), requests_.end(), [&](const Request& r) {
    return r.kind == Request::Kind::kRead && r.name == key;
  });
}

void MemoryStore::ForgetRequests() {
  std::lock_guard lock(mutex_);
  requests_.clear();
}

void MemoryStore::FailReads(const std::string& key, arrow::Status status, size_t times,
                            size_t skip) {
  std::lock_guard lock(mutex_);
  read_failures_[key] = Failure{std::move(status), times, skip};
}

void MemoryStore::FailLists(arrow::Status status, size_t times, size_t skip) {
  std::lock_guard lock(mutex_);
  list_failure_ = Failure{std::move(status), times, skip};
}

std::optional<arrow::Status> MemoryStore::NextFailure(std::optional<Failure>& failure) {
  if (!failure) return std::nullopt;
  if (failure->skip > 0) {
    --failure->skip;
    return std::nullopt;
  }
  if (failure->times == 0) return std::nullopt;
  if (failure->times != kForever) --failure->times;
  return failure->status;
}

arrow::Result<std::vector<Object>> MemoryStore::Page(const std::string& prefix,
                                                     const std::string& after) {
  std::lock_guard lock(mutex_);
  requests_.push_back({Request::Kind::kList, prefix, {}});
  if (auto failure = NextFailure(list_failure_)) return *failure;
  std::vector<Object> page;
  auto it = after.empty() ? objects_.lower_bound(prefix) : objects_.upper_bound(after);
  for (;
       it != objects_.end() && it->first.starts_with(prefix) && page.size() < page_size_;
       ++it) {
    page.push_back(it->second.object);
  }
  return page;
}

arrow::Status MemoryStore::List(const std::string& prefix, std::stop_token stop,
                                const PageVisitor& visit) {
  std::string after;
  while (true) {
    if (stop.stop_requested()) return Stopped();
    ARROW_ASSIGN_OR_RAISE(auto page, Page(prefix, after));
    const bool last = page.size() < page_size_;
    if (!page.empty()) {
      after = page.back().key;
      ARROW_RETURN_NOT_OK(visit(std::move(page)));
    }
    if (last) break;
  }
  std::function<void()> change;
  {
    std::lock_guard lock(mutex_);
    change = std::exchange(after_list_, nullptr);
  }
  if (change) change();
  return arrow::Status::OK();
}

void MemoryStore::AfterList(std::function<void()> change) {
  std::lock_guard lock(mutex_);
  after_list_ = std::move(change);
}

arrow::Result<std::shared_ptr<arrow::Buffer>> MemoryStore::Answer(const Object& object,
                                                                  ByteRange range) {
  std::lock_guard lock(mutex_);
  if (const auto failure = read_failures_.find(object.key);
      failure != read_failures_.end()) {
    if (auto status = NextFailure(failure->second)) return *status;
  }
  const auto name = [&] { return "s3://" + bucket_ + "/" + cq::Printable(object.key); };
  const auto found = objects_.find(object.key);
  if (found == objects_.end()) {
    return MakeFault(FaultReason::kGone, name() + ": deleted after it was listed");
  }
  if (found->second.object.etag != object.etag) {
    return MakeFault(FaultReason::kChanged, name() + ": overwritten after it was listed");
  }
  return arrow::SliceBuffer(found->second.bytes, range.offset, range.length);
}

arrow::Future<std::shared_ptr<arrow::Buffer>> MemoryStore::Read(const Object& object,
                                                                ByteRange range,
                                                                std::stop_token stop) {
  using Future = arrow::Future<std::shared_ptr<arrow::Buffer>>;
  if (auto status = CheckRange(bucket_, object, range); !status.ok()) {
    return Future::MakeFinished(status);
  }
  if (stop.stop_requested()) return Future::MakeFinished(Stopped());
  if (range.length == 0) return Future::MakeFinished(arrow::Buffer::FromString(""));
  std::unique_lock lock(mutex_);
  requests_.push_back({Request::Kind::kRead, object.key, range});
  if (!holding_) {
    lock.unlock();
    return Future::MakeFinished(Answer(object, range));
  }
  auto held = std::make_shared<Held>();
  held->object = object;
  held->range = range;
  auto future = Future::Make();
  held->future = future;
  held_.push_back(held);
  most_held_ = std::max(most_held_, held_.size());
  lock.unlock();
  held_changed_.notify_all();
  held->on_stop.emplace(std::move(stop), [this, weak = std::weak_ptr(held)] {
    auto stopped = weak.lock();
    if (stopped == nullptr) return;
    auto taken = stopped->Take();
    if (!taken) return;
    {
      std::lock_guard held_lock(mutex_);
      held_.remove(stopped);
    }
    taken->MarkFinished(Stopped());
  });
  return future;
}

void MemoryStore::HoldReads() {
  std::lock_guard lock(mutex_);
  holding_ = true;
}

void MemoryStore::ReleaseReads(size_t count) {
  std::list<std::shared_ptr<Held>> released;
  {
    std::lock_guard lock(mutex_);
    if (count == kForever) holding_ = false;
    for (; count > 0 && !held_.empty(); --count) {
      released.splice(released.end(), held_, held_.begin());
    }
  }
  for (const auto& held : released) AnswerHeld(held);
}

void MemoryStore::AnswerHeld(const std::shared_ptr<Held>& held) {
  auto future = held->Take();
  if (future) future->MarkFinished(Answer(held->object, held->range));
}

void MemoryStore::AwaitHeldReads(size_t count) {
  std::unique_lock lock(mutex_);
  held_changed_.wait(lock, [&] { return held_.size() >= count; });
}

size_t MemoryStore::held() const {
  std::lock_guard lock(mutex_);
  return held_.size();
}

size_t MemoryStore::most_held() const {
  std::lock_guard lock(mutex_);
  return most_held_;
}

}  // namespace s3source
