#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "cloudquery/state/state.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "cloudquery/testing/recording_sink.h"
#include "store/fault.h"
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
using ::testing::Lt;
using ::testing::SizeIs;

constexpr int64_t kRows = 20000;
constexpr char kKey[] = "a/1.parquet";
/// Each piece asks at once for the row group it begins with and for two more.
constexpr size_t kReadsAhead = 3;

/// A sync of one object of 20 row groups, each of 9 kB and fetched by one request. Four
/// threads deliver it in four pieces.
class ObjectPiecesRun : public ::testing::Test {
 protected:
  ObjectPiecesRun() {
    store_.Put(kKey, ParquetBytes(*Numbers("n", 0, kRows), /*row_group_rows=*/1000));
    options_.pipeline.decode_threads = 4;
    options_.pipeline.rows_per_record = kRows;
    options_.pipeline.read.whole_object_bytes = 4 << 10;
    options_.pipeline.read.footer_bytes = 8 << 10;
    options_.pipeline.read.range_bytes = 16 << 10;
    options_.pipeline.read.row_group_prefetch_bytes = 16 << 10;
  }

  arrow::Status Sync(RecordingSink& sink, std::stop_token stop = {}) {
    return RunSync(store_, options_, {.tables = {"*"}}, {sink, state_, stop}, logger_);
  }

  /// Runs a sync until all of its four pieces wait for their first bytes, then `act`.
  template <typename Act>
  arrow::Status SyncUntilPiecesWait(RecordingSink& sink, Act act) {
    store_.HoldReads();
    std::stop_source stop;
    arrow::Status status;
    std::jthread sync([&] { status = Sync(sink, stop.get_token()); });
    store_.AwaitHeldReads(1);
    store_.ReleaseReads(1);
    store_.AwaitHeldReads(4 * kReadsAhead);
    act(stop);
    sync.join();
    return status;
  }

  MemoryStore store_{"lake"};
  cq::MemoryState state_;
  cq::RecordingLogger logger_;
  SyncOptions options_;
};

/// The number in each row by the row's `_cq_id`.
std::map<std::string, int64_t> NumbersById(const RecordingSink& sink) {
  std::map<std::string, int64_t> numbers;
  for (const auto& batch : sink.batches("a")) {
    const auto& ids = static_cast<const arrow::FixedSizeBinaryArray&>(
        *static_cast<const arrow::ExtensionArray&>(*batch->column(0)).storage());
    const auto& values =
        static_cast<const arrow::Int64Array&>(*batch->GetColumnByName("n"));
    for (int64_t i = 0; i < ids.length(); ++i) {
      EXPECT_TRUE(numbers.emplace(ids.GetView(i), values.Value(i)).second);
    }
  }
  return numbers;
}

TEST_F(ObjectPiecesRun, HoldTheRowsOfTheObjectWithTheIdsThatTheyHaveWithoutPieces) {
  RecordingSink in_pieces;
  ASSERT_OK(Sync(in_pieces));
  EXPECT_THAT(in_pieces.violations(), IsEmpty());
  EXPECT_THAT(in_pieces.batches("a"), SizeIs(4));

  options_.pipeline.decode_threads = 1;
  state_ = {};
  RecordingSink whole;
  ASSERT_OK(Sync(whole));
  EXPECT_THAT(whole.batches("a"), SizeIs(1));
  const auto expected = NumbersById(whole);
  ASSERT_THAT(expected, SizeIs(kRows));
  EXPECT_EQ(NumbersById(in_pieces), expected);
}

TEST_F(ObjectPiecesRun, FetchNoByteTwice) {
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  std::vector<ByteRange> ranges;
  for (const auto& request : store_.requests()) {
    if (request.kind == MemoryStore::Request::Kind::kRead) {
      ranges.push_back(request.range);
    }
  }
  std::ranges::sort(ranges, {}, &ByteRange::offset);
  ASSERT_THAT(ranges, SizeIs(21));
  for (size_t i = 1; i < ranges.size(); ++i) {
    EXPECT_LE(ranges[i - 1].offset + ranges[i - 1].length, ranges[i].offset);
  }
}

TEST_F(ObjectPiecesRun, CountAsOneObject) {
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  for (const auto& line : logger_.lines(cq::LogLevel::kInfo)) {
    if (line.message != "table synced") continue;
    EXPECT_EQ(line.Field("objects"), "1");
    EXPECT_EQ(line.Field("rows"), std::to_string(kRows));
  }
  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_EQ(second.rows(), 0);
}

TEST_F(ObjectPiecesRun, OfWhichOneFailsStopTheOthersAndMakeOneSkippedObject) {
  RecordingSink sink;
  // The reads of the other pieces are never answered.
  ASSERT_OK(SyncUntilPiecesWait(sink, [&](std::stop_source&) {
    store_.FailReads(kKey, MakeFault(FaultReason::kGone, "s3://lake/a/1.parquet"), 1);
    store_.ReleaseReads(1);
  }));
  EXPECT_EQ(sink.rows(), 0);
  EXPECT_THAT(sink.errors("a"), ElementsAre("s3://lake/a/1.parquet"));
  EXPECT_THAT(logger_.lines(cq::LogLevel::kWarn), SizeIs(1));

  store_.ReleaseReads();
  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_EQ(second.rows(), kRows) << "the object stays owed";
}

TEST_F(ObjectPiecesRun, TellHowManyRowsAllOfThemSent) {
  options_.pipeline.rows_per_record = 100;
  // The footer can be read, and twelve of the twenty row groups.
  store_.FailReads(kKey, MakeFault(FaultReason::kGone, "s3://lake/a/1.parquet"),
                   MemoryStore::kForever, /*skip=*/1 + 4 * kReadsAhead);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  ASSERT_THAT(sink.rows(), Lt(kRows));
  EXPECT_THAT(sink.errors("a"), SizeIs(1));
  const auto warnings = logger_.lines(cq::LogLevel::kWarn);
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_EQ(warnings[0].Field("rows_sent"), std::to_string(sink.rows()));
}

TEST_F(ObjectPiecesRun, OfAnObjectThatChangedBeforeARowWasSentGiveWayToTheNewVersion) {
  // With no room to read ahead, whichever pieces begin fail with their first read. What
  // is left of the failures is for the new version, which is tried three times.
  options_.pipeline.memory = {.limit_bytes = 1, .fetch_bytes = 1, .most_bytes = 1};
  options_.pipeline.decode_threads = 3;
  store_.FailReads(kKey, MakeFault(FaultReason::kChanged, "s3://lake/a/1.parquet"),
                   /*times=*/3, /*skip=*/1);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_THAT(sink.errors("a"), IsEmpty());
  EXPECT_THAT(NumbersById(sink), SizeIs(kRows));
}

TEST_F(ObjectPiecesRun, EndOnStopWhileTheirReadsAreUnderWay) {
  RecordingSink sink;
  const arrow::Status status =
      SyncUntilPiecesWait(sink, [](std::stop_source& stop) { stop.request_stop(); });
  EXPECT_TRUE(status.IsCancelled()) << status;
  EXPECT_THAT(sink.errors("a"), IsEmpty());
  EXPECT_THAT(state_.flushed(), IsEmpty());
}

TEST_F(ObjectPiecesRun, EndTheSyncOnceWhenTheClientIsGone) {
  options_.pipeline.rows_per_record = 100;
  RecordingSink sink;
  sink.FailAfter(5);
  EXPECT_FALSE(Sync(sink).ok());
  EXPECT_THAT(state_.flushed(), IsEmpty());
}

}  // namespace
}  // namespace s3source
