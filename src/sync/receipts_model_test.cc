#include <gmock/gmock.h>

#include <chrono>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cloudquery/state/state.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "cloudquery/testing/recording_sink.h"
#include "store/memory_store.h"
#include "sync/receipts.h"
#include "sync/sync_run.h"
#include "sync/testing/parquet_bytes.h"

namespace s3source {
namespace {

using cq::testing::RecordingSink;
using s3source::testing::Numbers;
using s3source::testing::ParquetBytes;

/// A destination that can die with rows it has taken, and the lake that is synced to it.
class Model {
 public:
  explicit Model(uint64_t seed) : random_(seed) {}

  /// New objects, some in place of old ones, each with one row of its own.
  void ChangeLake() {
    for (int64_t i = Below(4); i >= 0; --i) {
      const std::string key =
          (Below(2) == 0 ? "a/" : "b/") + std::to_string(Below(6)) + ".parquet";
      store_.Put(
          key, ParquetBytes(*Numbers("n", next_row_, 1)),
          {.last_modified = Timestamp(std::chrono::seconds(1'700'000'000 + Below(50)))});
      listed_[key] = next_row_++;
    }
  }

  /// `survives`: nothing is killed. Otherwise the state may have been stored and rows
  /// not.
  void Sync(const KeyShare& share, bool survives) {
    cq::MemoryState state;
    for (const auto& [key, value] : state_) state.Set(key, value);
    state.texts[kReceiptsTable] = {receipts_.begin(), receipts_.end()};
    SyncOptions options;
    options.share = share;
    options.receipt = "r" + std::to_string(++syncs_);
    RecordingSink sink;
    ASSERT_OK(RunSync(store_, options, {.tables = {"*"}}, {sink, state, {}}, logger_));
    rows_sent_ = sink.rows();
    const bool state_stored = survives || Below(3) != 0;
    if (state_stored && !state.flushed().empty()) state_ = state.flushed();
    Store(sink, survives || (state_stored && Below(2) == 0));
  }

  int64_t rows_sent() const { return rows_sent_; }

  std::set<int64_t> Missing() const {
    std::set<int64_t> missing;
    for (const auto& [key, row] : listed_) {
      if (!stored_.contains(row)) missing.insert(row);
    }
    return missing;
  }

  int64_t Below(int64_t bound) {
    return std::uniform_int_distribution<int64_t>(0, bound - 1)(random_);
  }

 private:
  /// All, or of each table what came first. Where the receipt is, everything is.
  void Store(const RecordingSink& sink, bool all) {
    for (const char* table : {"a", "b"}) {
      const auto batches = sink.batches(table);
      const auto count = static_cast<int64_t>(batches.size());
      const int64_t kept = all ? count : Below(count + 1);
      for (int64_t i = 0; i < kept; ++i) {
        const auto column = batches[i]->GetColumnByName("n");
        const auto& numbers = static_cast<const arrow::Int64Array&>(*column);
        for (int64_t row = 0; row < numbers.length(); ++row)
          stored_.insert(numbers.Value(row));
      }
    }
    if (all && sink.rows(kReceiptsTable) > 0)
      receipts_.insert("r" + std::to_string(syncs_));
  }

  std::mt19937_64 random_;
  MemoryStore store_{"lake"};
  cq::RecordingLogger logger_;
  std::map<std::string, std::string, std::less<>> state_;
  std::map<std::string, int64_t> listed_;
  std::set<int64_t> stored_;
  std::set<std::string> receipts_;
  int64_t next_row_ = 0;
  int64_t rows_sent_ = 0;
  int syncs_ = 0;
};

TEST(ReceiptsModel, NothingIsLostInThreeHundredHistoriesOfKills) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    Model model(seed);
    for (int64_t step = 0; step < 8; ++step) {
      model.ChangeLake();
      const auto total = static_cast<int32_t>(model.Below(3) + 1);
      for (int32_t num = 1; num <= total; ++num) {
        model.Sync({num, total}, /*survives=*/model.Below(3) == 0);
      }
    }
    model.Sync({}, /*survives=*/true);
    ASSERT_THAT(model.Missing(), ::testing::IsEmpty());
    model.Sync({}, /*survives=*/true);
    ASSERT_EQ(model.rows_sent(), 0) << "what has a receipt was sent again";
  }
}

}  // namespace
}  // namespace s3source
