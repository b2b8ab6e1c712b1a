// Random histories of a bucket, synced again and again, against what must hold of any
// cursor: a version of an object that was there during a whole clean sync has been read,
// and what was committed as delivered is not read again.
//
// The bucket tells times as AWS does: whole seconds, and of a multipart upload the time
// it was begun. A listing has two pages and the bucket changes between them.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cursor/table_cursor.h"

namespace s3source {
namespace {

using Listing = std::vector<Object>;
using Seconds = std::chrono::seconds;

constexpr Seconds kLookback{3600};

class Bucket {
 public:
  explicit Bucket(std::mt19937_64& random) : random_(random) {}

  void Change() {
    now_ += Seconds(Pick(8) == 0 ? Pick(4000) : Pick(3));
    const std::string key = "k" + std::to_string(Pick(12));
    switch (Pick(6)) {
      case 0:
        uploads_.push_back({key, now_});
        break;
      case 1:
        FinishUpload();
        break;
      case 2:
        objects_.erase(key);
        break;
      default:
        Put(key, now_);
    }
  }

  Listing Page(bool first) const {
    Listing page;
    for (const auto& [key, object] : objects_) {
      if ((key < "k3") == first) page.push_back(object);
    }
    return page;
  }
  /// The version that is there, or "".
  std::string Version(const std::string& key) const {
    const auto found = objects_.find(key);
    return found == objects_.end() ? "" : found->second.etag;
  }
  const std::map<std::string, Object>& objects() const { return objects_; }
  Timestamp now() const { return now_; }
  uint64_t Pick(uint64_t below) { return random_() % below; }

 private:
  void Put(const std::string& key, Timestamp time) {
    Object& object = objects_[key];
    object.key = key;
    object.etag = "e" + std::to_string(++versions_);
    object.last_modified = time;
  }
  void FinishUpload() {
    if (uploads_.empty()) return;
    const auto [key, begun] = uploads_.front();
    uploads_.erase(uploads_.begin());
    if (now_ - begun <= kLookback) Put(key, begun);
  }

  std::mt19937_64& random_;
  Timestamp now_ = Timestamp(Seconds(1733000000));
  std::map<std::string, Object> objects_;
  std::vector<std::pair<std::string, Timestamp>> uploads_;
  int versions_ = 0;
};

/// Some runs of the plugin over one listing each, begun with the same state: one, or the
/// shards of a sync.
class Run {
 public:
  Run(const Bucket& bucket, const std::map<std::string, std::string>& state,
      KeyShare share, Seconds late)
      : share_(share), started_(bucket.now() - late) {
    CursorState known;
    for (const auto& [key, value] : state) {
      (key == "plain" ? known.plain : known.delivered.emplace_back()) = {key, value};
    }
    CursorOptions options;
    options.share = share;
    options.lookback = kLookback;
    cursor_ = TableCursor::Decode(known, options).ValueOrDie();
    Extend(&listed_, bucket.Page(true));
  }

  void ListTheRest(const Bucket& bucket) {
    Extend(&listed_, bucket.Page(false));
    work_ = cursor_.Plan(listed_).objects;
  }
  /// Reads what is still there as listed, and of that not everything.
  void Read(Bucket& bucket, bool perfect, std::set<std::string>* read) {
    for (const Object& object : work_) {
      if (bucket.Version(object.key) != object.etag) continue;
      if (!perfect && bucket.Pick(5) == 0) continue;
      read->insert(object.etag);
      delivered_.insert(object.etag);
      cursor_.Record(object);
    }
  }
  void Commit(std::map<std::string, std::string>* state) const {
    const auto update = cursor_.Encode(listed_, started_).ValueOrDie();
    if (!update) return;
    if (!update->plain.empty()) (*state)["plain"] = update->plain;
    (*state)[DeliveredKey("b", "t", share_)] = update->delivered;
  }
  const Listing& work() const { return work_; }
  const std::set<std::string>& delivered() const { return delivered_; }

 private:
  static void Extend(Listing* listing, const Listing& page) {
    listing->insert(listing->end(), page.begin(), page.end());
  }

  KeyShare share_;
  Timestamp started_;
  TableCursor cursor_;
  Listing listed_;
  Listing work_;
  std::set<std::string> delivered_;
};

struct History {
  explicit History(uint64_t seed) : random(seed), bucket(random) {}

  /// `total` runs at once, one for each share of the keys.
  void Sync(int32_t total, bool perfect) {
    std::vector<Run> runs;
    for (int32_t num = 1; num <= total; ++num) {
      const Seconds late(bucket.Pick(2) * bucket.Pick(3600));
      runs.emplace_back(bucket, state, KeyShare{num, total}, late);
    }
    const auto there = bucket.objects();
    while (!perfect && bucket.Pick(2) == 0) bucket.Change();
    for (Run& run : runs) run.ListTheRest(bucket);
    while (!perfect && bucket.Pick(3) == 0) bucket.Change();
    for (Run& run : runs) {
      for (const Object& object : run.work()) {
        EXPECT_FALSE(committed.contains(object.etag)) << object.etag << " is read again";
      }
      run.Read(bucket, perfect, &read);
      if (!perfect && bucket.Pick(6) == 0) continue;  // it was killed
      run.Commit(&state);
      committed.insert(run.delivered().begin(), run.delivered().end());
    }
    if (!perfect) return;
    for (const auto& [key, object] : there) {
      EXPECT_TRUE(read.contains(object.etag))
          << object.etag << " of " << key << " is lost";
    }
  }

  std::mt19937_64 random;
  Bucket bucket;
  std::map<std::string, std::string> state;
  std::set<std::string> read;       ///< at least once
  std::set<std::string> committed;  ///< delivered by a run that was committed
};

constexpr uint64_t kHistories = 10000;
constexpr uint64_t kParts = 4;

class CursorModel : public ::testing::TestWithParam<uint64_t> {};

/// CQS3_SEED repeats one history.
TEST_P(CursorModel, EverythingIsReadOnceInTenThousandHistories) {
  uint64_t begin = GetParam() * (kHistories / kParts);
  uint64_t end = begin + kHistories / kParts;
  if (const char* seed = std::getenv("CQS3_SEED")) {
    begin = std::strtoull(seed, nullptr, 10);
    end = begin + 1;
  }
  for (uint64_t seed = begin; seed < end && !HasFailure(); ++seed) {
    SCOPED_TRACE("CQS3_SEED=" + std::to_string(seed));
    History history(seed);
    for (int step = 0; step < 12; ++step) {
      for (uint64_t changes = history.bucket.Pick(6); changes > 0; --changes) {
        history.bucket.Change();
      }
      history.Sync(static_cast<int32_t>(1 + history.bucket.Pick(3)), step % 4 == 3);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Quarter, CursorModel, ::testing::Range(uint64_t{0}, kParts));

}  // namespace
}  // namespace s3source
