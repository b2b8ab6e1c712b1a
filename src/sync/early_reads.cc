#include "sync/early_reads.h"

#include <algorithm>
#include <utility>

#include "cloudquery/serve/guarded.h"
#include "store/storage_class.h"

namespace s3source {
namespace {

constexpr int64_t kLeastCharge = 64 << 10;  // an object costs more than its bytes

}  // namespace

int64_t FetchCharge(const Object& object, const ReadOptions& options) {
  const bool whole = object.size_bytes <= options.whole_object_bytes;
  return std::max(kLeastCharge, whole ? object.size_bytes : options.footer_bytes);
}

arrow::Future<FetchedObject> BeginFetch(ObjectStore& store, const Object& object,
                                        const ReadOptions& options,
                                        std::stop_token stop) {
  auto fetch = cq::Guarded([&]() -> arrow::Result<arrow::Future<FetchedObject>> {
    return FetchObject(store, object, options, std::move(stop));
  });
  if (!fetch.ok()) return arrow::Future<FetchedObject>::MakeFinished(fetch.status());
  return *std::move(fetch);
}

EarlyReads::EarlyReads(ObjectStore& store, const ReadOptions& read, Options options)
    : store_(store),
      read_(read),
      options_(options),
      under_way_(std::make_shared<std::atomic<int64_t>>(0)) {}

void EarlyReads::Offer(const Object& object, bool urgent) {
  if (options_.at_once == 0 || IsArchived(object)) return;
  if (bytes_ + kLeastCharge > options_.most_bytes) return;
  const bool full = static_cast<int64_t>(offered_.size()) >= options_.at_once;
  if (urgent && full) offered_.pop_back();
  if (urgent) {
    offered_.push_front(object);
  } else if (!full) {
    offered_.push_back(object);
  }
  Begin();
}

void EarlyReads::Begin() {
  while (!offered_.empty() && *under_way_ < options_.at_once) {
    const Object object = std::move(offered_.front());
    offered_.pop_front();
    // Where a server lists a key twice, the first read is as good a guess as any.
    if (begun_.contains(object.key)) continue;
    const int64_t bytes = FetchCharge(object, read_);
    if (bytes_ + bytes > options_.most_bytes) continue;
    auto charge = read_.budget->TryCharge(bytes);
    if (!charge) continue;
    bytes_ += bytes;
    ++left_;
    ++*under_way_;
    auto fetched = BeginFetch(store_, object, read_, stop_.get_token());
    fetched.AddCallback([under_way = under_way_](const auto&) { --*under_way; });
    begun_.emplace(object.key,
                   Begun{object, Read{*std::move(charge), std::move(fetched)}});
  }
}

std::optional<EarlyReads::Read> EarlyReads::Take(const Object& object) {
  const auto found = begun_.find(object.key);
  if (found == begun_.end()) return std::nullopt;
  const Object& begun = found->second.object;
  if (begun.etag != object.etag || begun.size_bytes != object.size_bytes) {
    return std::nullopt;
  }
  if (found->second.read) --left_;
  return std::exchange(found->second.read, std::nullopt);
}

bool EarlyReads::Took(const Object& object) const {
  const auto found = begun_.find(object.key);
  return found != begun_.end() && !found->second.read;
}

void EarlyReads::DropRest() {
  left_ = 0;
  offered_.clear();
  std::erase_if(begun_, [](const auto& begun) { return begun.second.read.has_value(); });
}

}  // namespace s3source
