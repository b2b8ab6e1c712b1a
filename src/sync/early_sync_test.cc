// Syncs whose reads begin while the listing goes on deliver what all others do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "cloudquery/state/state.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "cloudquery/testing/recording_sink.h"
#include "store/fault.h"
#include "store/forwarding_store.h"
#include "store/memory_store.h"
#include "sync/sync_run.h"
#include "sync/testing/parquet_bytes.h"

namespace s3source {
namespace {

using cq::testing::RecordingSink;
using s3source::testing::Numbers;
using s3source::testing::ParquetBytes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Calls `seen` when a page has been visited.
class WatchedListing final : public ForwardingStore {
 public:
  WatchedListing(ObjectStore& store, std::function<void()> seen)
      : ForwardingStore(store), seen_(std::move(seen)) {}

  arrow::Status List(const std::string& prefix, std::stop_token stop,
                     const PageVisitor& visit) override {
    return ForwardingStore::List(prefix, std::move(stop), [&](std::vector<Object> page) {
      ARROW_RETURN_NOT_OK(visit(std::move(page)));
      seen_();
      return arrow::Status::OK();
    });
  }

 private:
  std::function<void()> seen_;
};

class EarlySync : public ::testing::Test {
 protected:
  EarlySync() { options_.early_reads = 100; }

  /// 5 rows.
  void PutNumbers(const std::string& key) {
    store_.Put(key, ParquetBytes(*Numbers("n", 0, 5)));
  }

  /// Reads under way or ended when each page was through.
  arrow::Status Sync(RecordingSink& sink, cq::TableFilter filter = {.tables = {"*"}},
                     std::stop_token stop = {}) {
    reads_by_page_.clear();
    store_.ForgetRequests();
    WatchedListing store(store_, [&] { reads_by_page_.push_back(store_.reads()); });
    return RunSync(store, options_, filter, {sink, state_, std::move(stop)}, logger_);
  }

  MemoryStore store_{"lake", /*page_size=*/4};
  cq::MemoryState state_;
  cq::RecordingLogger logger_;
  SyncOptions options_;
  std::vector<size_t> reads_by_page_;
};

TEST_F(EarlySync, ReadsWhileTheListingGoesOnAndNothingTwice) {
  for (int i = 0; i < 10; ++i) PutNumbers("a/" + std::to_string(i) + ".parquet");
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_THAT(reads_by_page_, ElementsAre(4, 8, 10));
  EXPECT_EQ(store_.reads(), 10U);
  EXPECT_EQ(sink.rows(), 50);
  EXPECT_THAT(sink.violations(), IsEmpty());
}

TEST_F(EarlySync, WithoutEarlyReadsTheListingComesFirst) {
  options_.early_reads = 0;
  for (int i = 0; i < 10; ++i) PutNumbers("a/" + std::to_string(i) + ".parquet");
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_THAT(reads_by_page_, ElementsAre(0, 0, 0));
  EXPECT_EQ(sink.rows(), 50);
}

TEST_F(EarlySync, AnnouncesAllTablesBeforeTheFirstRow) {
  for (const char* table : {"a/", "b/", "c/", "d/"}) {
    for (int i = 0; i < 5; ++i) PutNumbers(table + std::to_string(i) + ".parquet");
  }
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_EQ(sink.rows(), 100);
  const auto messages = sink.messages();
  size_t last_table = 0;
  size_t first_row = messages.size();
  for (size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].kind == RecordingSink::Kind::kMigrateTable) last_table = i;
    if (messages[i].kind == RecordingSink::Kind::kInsert)
      first_row = std::min(first_row, i);
  }
  EXPECT_LT(last_table, first_row);
}

TEST_F(EarlySync, OfATableThatTheStateKnowsOnlyNewObjectsAreReadAndNotEarly) {
  for (const char* key : {"a/1.parquet", "b/1.parquet"}) PutNumbers(key);
  RecordingSink first;
  ASSERT_OK(Sync(first));
  PutNumbers("a/2.parquet");
  PutNumbers("new/1.parquet");
  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_THAT(reads_by_page_, ElementsAre(1)) << "new/1.parquet";
  EXPECT_EQ(store_.reads(), 2U);
  EXPECT_EQ(second.rows(), 10);
}

TEST_F(EarlySync, ReadsOnlyTablesThatAreAskedFor) {
  for (const char* key : {"a/1.parquet", "b/1.parquet", "c/1.parquet"}) PutNumbers(key);
  RecordingSink sink;
  ASSERT_OK(Sync(sink, {.tables = {"a", "b"}, .skip_tables = {"b"}}));
  EXPECT_EQ(store_.reads(), 1U);
  EXPECT_EQ(store_.reads("a/1.parquet"), 1U);
}

TEST_F(EarlySync, ReadsOnlyItsShareOfTheKeys) {
  for (int i = 0; i < 40; ++i) PutNumbers("a/" + std::to_string(i) + ".parquet");
  size_t reads = 0;
  int64_t rows = 0;
  for (int num = 1; num <= 3; ++num) {
    options_.share = {num, 3};
    RecordingSink sink;
    state_ = {};
    ASSERT_OK(Sync(sink));
    EXPECT_EQ(static_cast<int64_t>(store_.reads()) * 5, sink.rows());
    reads += store_.reads();
    rows += sink.rows();
  }
  EXPECT_EQ(reads, 40U);
  EXPECT_EQ(rows, 200);
}

TEST_F(EarlySync, GoesOnWhenWhatWasReadEarlyLeavesTheNextObjectNoMemory) {
  // The early reads hold half of the memory for fetches. The head that comes first in
  // the schedule, but last in the listing, needs more than what is left.
  constexpr int64_t kCharge = 64 << 10;  // of a small object
  options_.pipeline.memory = {.limit_bytes = 20 * kCharge,
                              .fetch_bytes = 20 * kCharge,
                              .most_bytes = 20 * kCharge};
  for (int i = 0; i < 10; ++i) PutNumbers("b/" + std::to_string(i) + ".parquet");
  // Sorted behind b/, but its table's name comes first.
  store_.Put("~a/1.parquet", ParquetBytes(*Numbers("n", 0, 200'000)));
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_THAT(reads_by_page_, ElementsAre(4, 8, 10));
  EXPECT_EQ(sink.rows(), 200'050);
  EXPECT_EQ(store_.reads(), 11U);
}

TEST_F(EarlySync, ReadsTheFirstObjectOfATableBeforeMoreOfOthers) {
  for (const char* key :
       {"a/0.parquet", "a/1.parquet", "a/2.parquet", "b/0.parquet", "b/1.parquet"}) {
    PutNumbers(key);
  }
  options_.early_reads = 2;
  store_.HoldReads();
  store_.AfterList([&] { store_.ReleaseReads(); });
  std::vector<std::string> begun;
  WatchedListing store(store_, [&] {
    begun.clear();
    for (const auto& request : store_.requests()) {
      if (request.kind == MemoryStore::Request::Kind::kRead)
        begun.push_back(request.name);
    }
    store_.ReleaseReads(2);
  });
  RecordingSink sink;
  ASSERT_OK(RunSync(store, options_, {.tables = {"*"}}, {sink, state_, {}}, logger_));
  EXPECT_THAT(begun,
              ElementsAre("a/0.parquet", "a/1.parquet", "b/0.parquet", "a/2.parquet"));
  EXPECT_EQ(sink.rows(), 25);
}

TEST_F(EarlySync, TablesMayBeReadEarlyInPart) {
  // Of each table the first object is too large to be read early.
  options_.pipeline.memory.fetch_bytes = 1 << 20;
  for (const char* table : {"a/", "b/", "c/"}) {
    store_.Put(std::string(table) + "0.parquet", ParquetBytes(*Numbers("n", 0, 200'000)));
    for (int i = 1; i < 4; ++i) PutNumbers(table + std::to_string(i) + ".parquet");
  }
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_THAT(reads_by_page_, ElementsAre(3, 6, 8)) << "512 KiB at 64 KiB each";
  EXPECT_EQ(store_.reads(), 12U);
  for (const char* table : {"a", "b", "c"}) EXPECT_EQ(sink.rows(table), 200'015);
}

TEST_F(EarlySync, AKeyThatIsListedTwiceIsDeliveredInTheVersionListedLast) {
  PutNumbers("a/1.parquet");
  const Object older = store_.Put("a/2.parquet", ParquetBytes(*Numbers("n", 0, 7)));
  PutNumbers("a/2.parquet");
  class TwiceListing final : public ForwardingStore {
   public:
    TwiceListing(ObjectStore& store, Object extra)
        : ForwardingStore(store), extra_(std::move(extra)) {}
    arrow::Status List(const std::string& prefix, std::stop_token stop,
                       const PageVisitor& visit) override {
      ARROW_RETURN_NOT_OK(visit({extra_}));
      return ForwardingStore::List(prefix, std::move(stop), visit);
    }

   private:
    const Object extra_;
  };
  TwiceListing store(store_, older);
  RecordingSink sink;
  ASSERT_OK(RunSync(store, options_, {.tables = {"*"}}, {sink, state_, {}}, logger_));
  EXPECT_EQ(sink.rows(), 10);
}

TEST_F(EarlySync, AStopDuringTheListingEndsWhatIsUnderWay) {
  for (int i = 0; i < 10; ++i) PutNumbers("a/" + std::to_string(i) + ".parquet");
  store_.HoldReads();
  std::stop_source stop;
  RecordingSink sink;
  WatchedListing store(store_, [&] { stop.request_stop(); });
  const arrow::Status status = RunSync(store, options_, {.tables = {"*"}},
                                       {sink, state_, stop.get_token()}, logger_);
  EXPECT_TRUE(status.IsCancelled()) << status;
  EXPECT_EQ(store_.reads(), 4U);
  EXPECT_EQ(store_.held(), 0U);
  EXPECT_THAT(sink.messages(), IsEmpty());
}

TEST_F(EarlySync, AClientThatIsGoneEndsWhatWasBegunEarly) {
  for (int i = 0; i < 10; ++i) PutNumbers("a/" + std::to_string(i) + ".parquet");
  // One early read is answered, and its table cannot be announced.
  store_.HoldReads();
  store_.AfterList([&] { store_.ReleaseReads(1); });
  RecordingSink sink;
  sink.FailAfter(0);
  EXPECT_FALSE(Sync(sink).ok());
  EXPECT_EQ(store_.reads(), 10U);
}

TEST_F(EarlySync, AFailedListingDeliversNothing) {
  for (int i = 0; i < 10; ++i) PutNumbers("a/" + std::to_string(i) + ".parquet");
  store_.FailLists(MakeFault(FaultReason::kUnreachable, "gone away"), 1, /*skip=*/1);
  RecordingSink sink;
  const arrow::Status status = Sync(sink);
  EXPECT_THAT(status.message(), ::testing::HasSubstr("gone away"));
  EXPECT_THAT(sink.messages(), IsEmpty());
  EXPECT_THAT(state_.flushed(), IsEmpty());
}

TEST_F(EarlySync, AnObjectThatIsOverwrittenAfterItsEarlyReadComesInTheVersionRead) {
  PutNumbers("a/1.parquet");
  store_.AfterList([&] { store_.Put("a/1.parquet", ParquetBytes(*Numbers("n", 0, 9))); });
  RecordingSink first;
  ASSERT_OK(Sync(first));
  EXPECT_EQ(first.rows(), 5);
  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_EQ(second.rows(), 9) << "the new version is owed";
}

TEST_F(EarlySync, AnObjectThatCannotBeReadEarlyIsSkippedLikeAnyOther) {
  for (const char* key : {"a/1.parquet", "a/2.parquet"}) PutNumbers(key);
  store_.FailReads("a/1.parquet", MakeFault(FaultReason::kGone, "deleted"));
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_EQ(sink.rows(), 5);
  EXPECT_EQ(store_.reads("a/1.parquet"), 1U);
}

}  // namespace
}  // namespace s3source
