#include "sync/sync_run.h"

#include <arrow/extension/uuid.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <new>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cloudquery/schema/extension_types.h"
#include "cloudquery/state/state.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "cloudquery/testing/recording_sink.h"
#include "store/fault.h"
#include "store/forwarding_store.h"
#include "store/memory_store.h"
#include "store/timestamp.h"
#include "sync/receipts.h"
#include "sync/testing/parquet_bytes.h"

namespace s3source {
namespace {

using cq::testing::RecordingSink;
using cq::testing::StatusIs;
using s3source::testing::Numbers;
using s3source::testing::ParquetBytes;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::SizeIs;

Timestamp At(int64_t second) {
  return Timestamp(std::chrono::seconds(1'700'000'000 + second));
}

/// A bucket, a state and what one sync after the other makes of them.
class SyncRun : public ::testing::Test {
 protected:
  void PutNumbers(const std::string& key, int64_t first, int64_t count, int64_t second,
                  bool nullable = true) {
    store_.Put(key, ParquetBytes(*Numbers("n", first, count, nullable)),
               {.last_modified = At(second)});
  }

  arrow::Status Sync(RecordingSink& sink, std::vector<std::string> tables = {"*"},
                     std::stop_token stop = {}) {
    store_.ForgetRequests();
    const cq::TableFilter filter{.tables = std::move(tables)};
    return RunSync(store_, options_, filter, {sink, state_, stop}, logger_);
  }

  /// The values of column `n` of `table`, sorted.
  static std::vector<int64_t> Values(const RecordingSink& sink,
                                     const std::string& table) {
    std::vector<int64_t> values;
    for (const auto& batch : sink.batches(table)) {
      const auto& column =
          static_cast<const arrow::Int64Array&>(*batch->GetColumnByName("n"));
      for (int64_t i = 0; i < column.length(); ++i) values.push_back(column.Value(i));
    }
    std::sort(values.begin(), values.end());
    return values;
  }

  static std::vector<int64_t> Range(int64_t first, int64_t count) {
    std::vector<int64_t> values(count);
    std::iota(values.begin(), values.end(), first);
    return values;
  }

  MemoryStore store_{"lake"};
  cq::MemoryState state_;
  cq::RecordingLogger logger_;
  SyncOptions options_{.early_reads = 100};  // as many as the plugin has
};

TEST_F(SyncRun, DeliversEveryRowOfEveryTableOnce) {
  PutNumbers("a/1.parquet", 0, 1001, 1);
  PutNumbers("a/2.parquet", 2000, 10, 2);
  PutNumbers("b/c/1.parquet", 5, 1, 3);
  store_.Put("b/notes.txt", "not ours");
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_THAT(sink.violations(), IsEmpty());
  EXPECT_THAT(sink.tables(), ::testing::UnorderedElementsAre("a", "b_c"));
  std::vector<int64_t> expected = Range(0, 1001);
  for (int64_t n : Range(2000, 10)) expected.push_back(n);
  EXPECT_EQ(Values(sink, "a"), expected);
  EXPECT_EQ(Values(sink, "b_c"), Range(5, 1));
  EXPECT_EQ(store_.reads(), 3u);
}

TEST_F(SyncRun, SendsAllTablesBeforeTheFirstRow) {
  for (int t = 0; t < 20; ++t) {
    for (int i = 0; i < 3; ++i) {
      PutNumbers("t" + std::to_string(t) + "/" + std::to_string(i) + ".parquet", 0, 5, 1);
    }
  }
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  const auto messages = sink.messages();
  const auto first_insert =
      std::find_if(messages.begin(), messages.end(),
                   [](const auto& m) { return m.kind == RecordingSink::Kind::kInsert; });
  EXPECT_EQ(std::count_if(first_insert, messages.end(),
                          [](const auto& m) {
                            return m.kind == RecordingSink::Kind::kMigrateTable;
                          }),
            0);
  EXPECT_EQ(sink.rows(), 300);
}

TEST_F(SyncRun, GoesOnWhenTheBudgetIsSmallerThanTheFirstObjects) {
  options_.pipeline.memory = {.limit_bytes = 1, .fetch_bytes = 1, .most_bytes = 1};
  for (int t = 0; t < 20; ++t)
    PutNumbers("t" + std::to_string(t) + "/1.parquet", 0, 5, 1);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_EQ(sink.rows(), 100);
  EXPECT_THAT(sink.violations(), IsEmpty());
}

TEST_F(SyncRun, DeliversLargeObjectsOnManyThreadsWithABudgetOfOneByte) {
  options_.pipeline.memory = {.limit_bytes = 1, .fetch_bytes = 1, .most_bytes = 1};
  options_.pipeline.decode_threads = 4;
  options_.pipeline.read.whole_object_bytes = 4 << 10;
  options_.pipeline.read.footer_bytes = 1 << 10;
  options_.pipeline.read.range_bytes = 16 << 10;
  options_.pipeline.read.row_group_prefetch_bytes = 32 << 10;
  for (int t = 0; t < 3; ++t) {
    for (int i = 0; i < 4; ++i) {
      store_.Put("t" + std::to_string(t) + "/" + std::to_string(i) + ".parquet",
                 ParquetBytes(*Numbers("n", i * 20000, 20000),
                              /*row_group_rows=*/t == 0 ? 1000 : 20000));
    }
  }
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_THAT(sink.violations(), IsEmpty());
  for (const char* table : {"t0", "t1", "t2"}) {
    EXPECT_EQ(Values(sink, table), Range(0, 80000));
  }
}

TEST_F(SyncRun, CutsRecordsOfRowsPerRecordAcrossRowGroups) {
  options_.pipeline.rows_per_record = 500;
  store_.Put("a/1.parquet", ParquetBytes(*Numbers("n", 0, 1000), /*row_group_rows=*/300));
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  std::vector<int64_t> sizes;
  for (const auto& batch : sink.batches("a")) sizes.push_back(batch->num_rows());
  EXPECT_THAT(sizes, ElementsAre(500, 500));
  EXPECT_EQ(Values(sink, "a"), Range(0, 1000));
}

TEST_F(SyncRun, GivesEachRowAnIdOfItsOwnAndTheSameOnesAgain) {
  PutNumbers("a/1.parquet", 0, 700, 1);
  PutNumbers("a/2.parquet", 0, 700, 1);
  const auto ids_by_sync = [&] {
    RecordingSink sink;
    cq::NoState no_state;
    EXPECT_OK(
        RunSync(store_, options_, {.tables = {"*"}}, {sink, no_state, {}}, logger_));
    std::multiset<std::string> ids;
    for (const auto& batch : sink.batches("a")) {
      const auto& id = static_cast<const arrow::ExtensionArray&>(*batch->column(0));
      const auto& bytes = static_cast<const arrow::FixedSizeBinaryArray&>(*id.storage());
      EXPECT_EQ(bytes.null_count(), 0);
      EXPECT_EQ(batch->column(1)->null_count(), batch->num_rows());
      for (int64_t i = 0; i < bytes.length(); ++i) ids.emplace(bytes.GetView(i));
    }
    return ids;
  };
  const auto first = ids_by_sync();
  EXPECT_THAT(std::set<std::string>(first.begin(), first.end()), SizeIs(1400));
  EXPECT_EQ(first, ids_by_sync());
}

TEST_F(SyncRun, ReadsOnlyWhatIsNewTheSecondTime) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  PutNumbers("b/1.parquet", 0, 10, 1);
  RecordingSink first;
  ASSERT_OK(Sync(first));

  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_EQ(store_.reads(), 0u);
  EXPECT_EQ(second.rows(), 0);
  EXPECT_THAT(second.tables(), ElementsAre("a", "b"));

  PutNumbers("a/2.parquet", 100, 10, 2);
  RecordingSink third;
  ASSERT_OK(Sync(third));
  EXPECT_EQ(store_.reads(), 1u);
  EXPECT_EQ(Values(third, "a"), Range(100, 10));
  EXPECT_EQ(third.rows(), 10);
}

TEST_F(SyncRun, KeepsTheGoPluginsCursor) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  PutNumbers("a/2.parquet", 0, 10, 3);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_EQ(state_.flushed().at("s3/lake/a/last_modified_cursor"),
            "2023-11-14T22:13:23Z");
}

TEST_F(SyncRun, ContinuesFromTheGoPluginsCursor) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  PutNumbers("a/2.parquet", 100, 10, 3);
  state_.Set("s3/lake/a/last_modified_cursor", "2023-11-14T22:13:21Z");
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_EQ(Values(sink, "a"), Range(100, 10));
}

TEST_F(SyncRun, RefusesACursorItCannotReadBeforeAnyRow) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  state_.Set("s3/lake/a/last_modified_cursor", "yesterday");
  RecordingSink sink;
  EXPECT_THAT(Sync(sink), StatusIs(arrow::StatusCode::Invalid,
                                   AllOf(HasSubstr("s3/lake/a/last_modified_cursor"),
                                         HasSubstr("yesterday"),
                                         HasSubstr("delete the table's keys"))));
  EXPECT_THAT(sink.messages(), IsEmpty());
}

TEST_F(SyncRun, SkipsAMalformedObjectWithAWarningAndACountedError) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  store_.Put("a/0.parquet", "id,name\n1,one\nthis is a CSV file\n",
             {.last_modified = At(2)});
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_EQ(Values(sink, "a"), Range(0, 10));
  EXPECT_THAT(sink.errors("a"), ElementsAre(HasSubstr("s3://lake/a/0.parquet")));
  const auto warnings = logger_.lines(cq::LogLevel::kWarn);
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_EQ(warnings[0].message, "malformed parquet file, skipping");
  EXPECT_EQ(warnings[0].Field("key"), "a/0.parquet");
  EXPECT_EQ(warnings[0].Field("table"), "a");
}

TEST_F(SyncRun, SkipsAnObjectThatWasDeletedMeanwhile) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  PutNumbers("a/2.parquet", 100, 10, 1);
  store_.FailReads("a/1.parquet",
                   MakeFault(FaultReason::kGone, "s3://lake/a/1.parquet is gone"));
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_EQ(Values(sink, "a"), Range(100, 10));
  EXPECT_THAT(sink.errors("a"), SizeIs(1));
  EXPECT_EQ(logger_.lines(cq::LogLevel::kWarn).at(0).message,
            "object deleted between list and read, skipping");
}

TEST_F(SyncRun, TellsHowManyRowsOfASkippedObjectWereSent) {
  options_.pipeline.rows_per_record = 100;
  options_.pipeline.read.whole_object_bytes = 1;
  options_.pipeline.read.footer_bytes = 4096;
  options_.pipeline.read.range_bytes = 12'000;
  store_.Put("a/1.parquet",
             ParquetBytes(*Numbers("n", 0, 3000), /*row_group_rows=*/1000));
  // The footer and the first rows can be read, what follows is gone.
  store_.FailReads("a/1.parquet", MakeFault(FaultReason::kGone, "s3://lake/a/1.parquet"),
                   MemoryStore::kForever, /*skip=*/3);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  ASSERT_THAT(sink.rows(), AllOf(Gt(0), Lt(3000)));
  const std::string sent = std::to_string(sink.rows());
  EXPECT_THAT(sink.errors("a"),
              ElementsAre(HasSubstr("; " + sent + " of its rows were sent before that")));
  EXPECT_EQ(logger_.lines(cq::LogLevel::kWarn).at(0).Field("rows_sent"), sent);
}

TEST_F(SyncRun, ReadsTheNewVersionOfAnObjectThatWasOverwrittenMeanwhile) {
  options_.early_reads = 0;  // else it was read before
  PutNumbers("a/1.parquet", 0, 10, 1);
  PutNumbers("a/10.parquet", 50, 10, 1);
  store_.AfterList([&] { PutNumbers("a/1.parquet", 100, 10, 7); });
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  std::vector<int64_t> expected = Range(50, 10);
  for (const int64_t value : Range(100, 10)) expected.push_back(value);
  EXPECT_EQ(Values(sink, "a"), expected);
  EXPECT_THAT(sink.errors("a"), IsEmpty());
  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_EQ(second.rows(), 0) << "the new version was delivered and is read again";
}

TEST_F(SyncRun, GivesUpAnObjectThatKeepsChangingAndOwesIt) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  PutNumbers("a/2.parquet", 10, 10, 5);
  store_.FailReads("a/1.parquet",
                   MakeFault(FaultReason::kChanged, "s3://lake/a/1.parquet"));
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_EQ(Values(sink, "a"), Range(10, 10));
  EXPECT_EQ(store_.reads("a/1.parquet"), 4u);
  store_.FailReads("a/1.parquet", arrow::Status::OK(), 0);
  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_EQ(Values(second, "a"), Range(0, 10));
}

TEST_F(SyncRun, OwesWhatItSkippedHoweverFarTheTableGoesOn) {
  options_.lookback = std::chrono::seconds(10);
  PutNumbers("a/1.parquet", 0, 10, 1);
  PutNumbers("a/2.parquet", 100, 10, 1000);
  store_.FailReads("a/1.parquet", MakeFault(FaultReason::kObjectUnreadable, "broken"), 1);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_EQ(Values(sink, "a"), Range(100, 10));
  PutNumbers("a/3.parquet", 200, 10, 2000);
  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_THAT(Values(second, "a"), SizeIs(20));
  EXPECT_EQ(second.batches("a").front()->num_rows(), 10);
  RecordingSink third;
  ASSERT_OK(Sync(third));
  EXPECT_EQ(third.rows(), 0);
}

TEST_F(SyncRun, FindsWhatAppearsLaterWithAnOlderTime) {
  PutNumbers("a/1.parquet", 0, 10, 3600);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  PutNumbers("a/2.parquet", 10, 10, 3600);
  PutNumbers("a/upload.parquet", 20, 10, 1);
  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_EQ(Values(second, "a"), Range(10, 20));
}

TEST_F(SyncRun, DoesNotAskForArchivedObjects) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  for (const char* name : {"GLACIER", "DEEP_ARCHIVE", "GLACIER_IR", "STANDARD_IA"}) {
    store_.Put(std::string("a/") + name + ".parquet", ParquetBytes(*Numbers("n", 10, 10)),
               {.last_modified = At(1), .storage_class = name});
  }
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_EQ(sink.rows(), 30);
  EXPECT_EQ(store_.reads("a/GLACIER.parquet"), 0u);
  EXPECT_EQ(store_.reads("a/DEEP_ARCHIVE.parquet"), 0u);
  EXPECT_THAT(sink.errors("a"), SizeIs(2));
  EXPECT_THAT(logger_.lines(cq::LogLevel::kWarn), SizeIs(2));
}

TEST_F(SyncRun, SkipsAnObjectThatIsDeniedAndGoesOn) {
  for (int i = 0; i < 5; ++i)
    PutNumbers("a/" + std::to_string(i) + ".parquet", i * 10, 10, 1);
  store_.FailReads("a/0.parquet", MakeFault(FaultReason::kObjectDenied,
                                            "s3://lake/a/0.parquet: needs s3:GetObject"));
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_EQ(Values(sink, "a"), Range(10, 40));
  EXPECT_THAT(sink.errors("a"), ElementsAre(HasSubstr("needs s3:GetObject")));
}

TEST_F(SyncRun, FailsATableOfWhichNothingMayBeReadAfterTheRestWasDelivered) {
  PutNumbers("a/0.parquet", 0, 10, 1);
  PutNumbers("b/1.parquet", 0, 10, 1);
  store_.FailReads("a/0.parquet", MakeFault(FaultReason::kObjectDenied,
                                            "s3://lake/a/0.parquet: needs s3:GetObject"));
  RecordingSink sink;
  EXPECT_THAT(Sync(sink), StatusIs(arrow::StatusCode::IOError,
                                   AllOf(HasSubstr("1 of 2 tables failed"),
                                         HasSubstr("needs s3:GetObject"))));
  EXPECT_EQ(Values(sink, "b"), Range(0, 10));
  EXPECT_THAT(state_.flushed(), IsEmpty());
}

TEST_F(SyncRun, FailsTheTableOfAMalformedObjectWhereTheUserWantsThat) {
  options_.pipeline.failures.fail_malformed = true;
  PutNumbers("a/1.parquet", 0, 10, 1);
  PutNumbers("b/1.parquet", 0, 10, 1);
  store_.Put("a/0.parquet", "no Parquet file", {.last_modified = At(2)});
  RecordingSink sink;
  EXPECT_THAT(Sync(sink), StatusIs(arrow::StatusCode::IOError, HasSubstr("a/0.parquet")));
  EXPECT_EQ(Values(sink, "a"), Range(0, 10));
  EXPECT_EQ(Values(sink, "b"), Range(0, 10));
}

TEST_F(SyncRun, EndsWhenMoreObjectsAreSkippedThanAllowed) {
  options_.pipeline.failures.max_skipped = 2;
  for (int i = 0; i < 3; ++i) {
    PutNumbers("a/good" + std::to_string(i) + ".parquet", i * 10, 10, 1);
  }
  const auto put_bad = [&](int count) {
    for (int i = 0; i < count; ++i) {
      store_.Put("a/bad" + std::to_string(i) + ".parquet", "no Parquet file",
                 {.last_modified = At(2)});
    }
  };
  put_bad(2);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  put_bad(3);
  RecordingSink second;
  EXPECT_THAT(Sync(second),
              StatusIs(arrow::StatusCode::IOError,
                       AllOf(HasSubstr("max_errors (2)"), HasSubstr("s3://lake/a/bad"))));
}

TEST_F(SyncRun, SharesOfTheKeysDeliverEverythingOnce) {
  for (int i = 0; i < 20; ++i)
    PutNumbers("a/" + std::to_string(i) + ".parquet", i * 10, 10, i);
  std::vector<int64_t> values;
  for (int32_t num = 1; num <= 3; ++num) {
    options_.share = {num, 3};
    RecordingSink sink;
    ASSERT_OK(Sync(sink));
    EXPECT_THAT(sink.rows(), AllOf(Gt(0), Lt(200)));
    for (const int64_t value : Values(sink, "a")) values.push_back(value);
  }
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values, Range(0, 200));
  options_.share = {};
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_EQ(sink.rows(), 0);
}

TEST_F(SyncRun, WithNothingNewStoresNothing) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  const auto before = state_.flushed();
  options_.now = [] { return At(1'000'000); };
  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_EQ(state_.flushed(), before);
}

TEST_F(SyncRun, SaysOfEachTableWhatItCameTo) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  store_.Put("a/0.parquet", "no Parquet file", {.last_modified = At(2)});
  std::atomic<int> asked = 0;
  options_.now = [&asked] { return At(1'000'000 + asked++); };  // a second each time
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  for (const auto& line : logger_.lines(cq::LogLevel::kInfo)) {
    if (line.message != "table synced") continue;
    EXPECT_EQ(line.Field("table"), "a");
    EXPECT_EQ(line.Field("listed"), "2");
    EXPECT_EQ(line.Field("objects"), "1");
    EXPECT_EQ(line.Field("skipped"), "1");
    EXPECT_EQ(line.Field("skipped_by_reason"), "malformed 1");
    EXPECT_EQ(line.Field("owed"), "1");
    EXPECT_EQ(line.Field("rows"), "10");
    EXPECT_EQ(std::stod(line.Field("seconds")), 2)
        << "asked at the begin and at two ends";
    return;
  }
  FAIL() << "no line about the table";
}

TEST_F(SyncRun, FailsOnlyTheTableWhoseFilesDisagree) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  store_.Put("a/2.parquet", ParquetBytes(*Numbers("other", 0, 10)),
             {.last_modified = At(1)});
  PutNumbers("b/1.parquet", 0, 10, 1);
  RecordingSink sink;
  EXPECT_THAT(Sync(sink), StatusIs(arrow::StatusCode::IOError,
                                   AllOf(HasSubstr("schema mismatch in table a"),
                                         HasSubstr("a/1.parquet"),
                                         HasSubstr("a/2.parquet"), HasSubstr("other"))));
  EXPECT_EQ(Values(sink, "b"), Range(0, 10));
  EXPECT_THAT(state_.flushed(), IsEmpty());
  EXPECT_THAT(logger_.lines(cq::LogLevel::kError), SizeIs(1));
}

TEST_F(SyncRun, FailsATableWhoseNewFileDisagreesWithEarlierSyncs) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  RecordingSink first;
  ASSERT_OK(Sync(first));
  store_.Put("a/2.parquet", ParquetBytes(*Numbers("other", 0, 10)),
             {.last_modified = At(2)});
  RecordingSink second;
  EXPECT_THAT(Sync(second),
              StatusIs(arrow::StatusCode::IOError,
                       AllOf(HasSubstr("a/1.parquet"), HasSubstr("a/2.parquet"))));
  EXPECT_EQ(store_.reads(), 1u);
}

TEST_F(SyncRun, AnnouncesAColumnAgainWhenAFileMakesItNullable) {
  options_.pipeline.decode_threads = 1;
  PutNumbers("a/1.parquet", 0, 10, 1, /*nullable=*/false);
  PutNumbers("a/2.parquet", 10, 10, 1, /*nullable=*/true);
  PutNumbers("a/3.parquet", 20, 10, 1, /*nullable=*/false);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_THAT(sink.violations(), IsEmpty());
  std::vector<bool> not_null;
  for (const auto& message : sink.messages()) {
    if (message.kind == RecordingSink::Kind::kMigrateTable) {
      not_null.push_back(message.definition.columns.back().not_null);
    }
  }
  EXPECT_THAT(not_null, ElementsAre(true, false));
  EXPECT_EQ(Values(sink, "a"), Range(0, 30));
}

TEST_F(SyncRun, AnnouncesANestedFieldAgainWhenAFileMakesItNullable) {
  options_.pipeline.decode_threads = 1;
  const auto put = [&](const std::string& key, bool nullable) {
    const auto inner = Numbers("inner", 0, 3)->column(0)->chunk(0);
    const auto type = arrow::struct_({arrow::field("inner", arrow::int64(), nullable)});
    const auto nested =
        std::make_shared<arrow::StructArray>(type, 3, arrow::ArrayVector{inner});
    const auto table = arrow::Table::Make(arrow::schema({arrow::field("s", type)}),
                                          arrow::ArrayVector{nested});
    store_.Put(key, ParquetBytes(*table), {.last_modified = At(1)});
  };
  put("a/1.parquet", false);
  put("a/2.parquet", true);
  put("a/3.parquet", false);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_THAT(sink.violations(), IsEmpty());
  EXPECT_TRUE(sink.definition("a").columns.back().type->field(0)->nullable());
  EXPECT_EQ(sink.rows("a"), 9);
}

TEST_F(SyncRun, KeepsAColumnNullableInLaterSyncs) {
  PutNumbers("a/1.parquet", 0, 10, 1, /*nullable=*/true);
  RecordingSink first;
  ASSERT_OK(Sync(first));
  PutNumbers("a/2.parquet", 10, 10, 2, /*nullable=*/false);
  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_FALSE(second.definition("a").columns.back().not_null);
}

TEST_F(SyncRun, SyncsATableWithUuidsAgain) {
  const auto put = [&](const std::string& key, int64_t second) {
    arrow::FixedSizeBinaryBuilder builder(arrow::fixed_size_binary(16));
    ASSERT_OK(builder.Append("0123456789abcdef"));
    const auto storage = builder.Finish().ValueOrDie();
    const auto uuids = arrow::ExtensionType::WrapArray(arrow::extension::uuid(), storage);
    const auto table = arrow::Table::Make(
        arrow::schema({arrow::field("u", arrow::extension::uuid())}), {uuids});
    store_.Put(key, ParquetBytes(*table), {.last_modified = At(second)});
  };
  put("a/1.parquet", 1);
  RecordingSink first;
  ASSERT_OK(Sync(first));
  put("a/2.parquet", 2);
  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_EQ(second.rows("a"), 1);
  EXPECT_TRUE(second.definition("a").columns.back().type->Equals(*cq::Uuid()));
}

TEST_F(SyncRun, AnEmptyBucketIsAWarningAndNoTable) {
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_THAT(sink.messages(), IsEmpty());
  EXPECT_THAT(logger_.lines(cq::LogLevel::kWarn), SizeIs(1));
}

TEST_F(SyncRun, NamesTheKeysThatFallOnOneTable) {
  PutNumbers("a-b/1.parquet", 0, 10, 1);
  PutNumbers("a_b/1.parquet", 10, 10, 1);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_EQ(Values(sink, "a_b"), Range(0, 20));
  const auto warnings = logger_.lines(cq::LogLevel::kWarn);
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_THAT(warnings[0].Field("tables"), AllOf(HasSubstr("a-b/"), HasSubstr("a_b/")));
}

TEST_F(SyncRun, ReadsOnlyTheSelectedTables) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  PutNumbers("b/1.parquet", 0, 10, 1);
  RecordingSink sink;
  ASSERT_OK(Sync(sink, {"b*"}));
  EXPECT_THAT(sink.tables(), ElementsAre("b"));
  EXPECT_EQ(store_.reads(), 1u);
  RecordingSink none;
  EXPECT_THAT(Sync(none, {"c"}),
              StatusIs(arrow::StatusCode::Invalid,
                       HasSubstr("tables include a pattern c with no matches")));
}

TEST_F(SyncRun, EndsAtOnceWhenTheStoreFails) {
  for (int i = 0; i < 50; ++i)
    PutNumbers("a/" + std::to_string(i) + ".parquet", 0, 10, 1);
  store_.FailReads("a/3.parquet",
                   MakeFault(FaultReason::kCredentials, "the token has expired"));
  RecordingSink sink;
  EXPECT_THAT(Sync(sink),
              StatusIs(arrow::StatusCode::IOError, HasSubstr("token has expired")));
  EXPECT_THAT(state_.flushed(), IsEmpty());
}

TEST_F(SyncRun, EndsWhenThereIsNoMemoryToAskForObjects) {
  class NoMemory final : public ForwardingStore {
   public:
    using ForwardingStore::ForwardingStore;
    arrow::Future<std::shared_ptr<arrow::Buffer>> Read(const Object&, ByteRange,
                                                       std::stop_token) override {
      throw std::bad_alloc();
    }
  };
  PutNumbers("a/1.parquet", 0, 10, 1);
  PutNumbers("b/1.parquet", 0, 10, 1);
  NoMemory store(store_);
  RecordingSink sink;
  const cq::TableFilter filter{.tables = {"*"}};
  EXPECT_TRUE(
      RunSync(store, options_, filter, {sink, state_, {}}, logger_).IsOutOfMemory());
  EXPECT_THAT(state_.flushed(), IsEmpty());
}

TEST_F(SyncRun, EndsWhenTheClientIsGone) {
  for (int i = 0; i < 50; ++i)
    PutNumbers("a/" + std::to_string(i) + ".parquet", 0, 10, 1);
  RecordingSink sink;
  sink.FailAfter(3);
  EXPECT_FALSE(Sync(sink).ok());
  EXPECT_THAT(state_.flushed(), IsEmpty());
}

TEST_F(SyncRun, EndsOnStopWhileReadsAreUnderWay) {
  for (int i = 0; i < 10; ++i)
    PutNumbers("a/" + std::to_string(i) + ".parquet", 0, 10, 1);
  store_.HoldReads();
  std::stop_source stop;
  RecordingSink sink;
  arrow::Status status;
  std::jthread sync([&] { status = Sync(sink, {"*"}, stop.get_token()); });
  store_.AwaitHeldReads(10);
  stop.request_stop();
  sync.join();
  EXPECT_TRUE(status.IsCancelled()) << status;
  EXPECT_THAT(state_.flushed(), IsEmpty());
}

TEST_F(SyncRun, SendsTheReceiptLastAndAnnouncesEveryTableWithRowsBeforeIt) {
  options_.receipt = "r1";
  PutNumbers("a/1.parquet", 0, 10, 1);
  PutNumbers("b/1.parquet", 0, 10, 1);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_THAT(sink.violations(), IsEmpty());
  std::vector<std::string> end;
  for (const auto& message : sink.messages()) {
    const bool rows = message.kind == RecordingSink::Kind::kInsert;
    end.push_back((rows ? "rows of " : "announced ") + message.table);
  }
  ASSERT_GE(end.size(), 5u);
  end.erase(end.begin(), end.end() - 5);
  EXPECT_THAT(end[0], ::testing::StartsWith("rows of "));
  end.erase(end.begin());
  EXPECT_THAT(end,
              ElementsAre("announced a", "announced b", "announced cq_source_s3_receipts",
                          "rows of cq_source_s3_receipts"));
  EXPECT_FALSE(sink.definition(kReceiptsTable).is_incremental);
  EXPECT_FALSE(sink.definition(kReceiptsTable).columns[0].primary_key);
}

TEST_F(SyncRun, CountsOnlyWhatHasAReceipt) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  PutNumbers("b/1.parquet", 0, 10, 1);
  std::vector<std::string>& stored = state_.texts[kReceiptsTable];
  const auto rows_of_sync = [&](const std::string& receipt) {
    options_.receipt = receipt;
    RecordingSink sink;
    EXPECT_OK(Sync(sink));
    return sink.rows() - sink.rows(kReceiptsTable);
  };
  EXPECT_EQ(rows_of_sync("r1"), 20);
  EXPECT_EQ(rows_of_sync("r2"), 20) << "r1 is not there";
  stored = {"r2"};
  EXPECT_EQ(rows_of_sync("r3"), 0);
  stored.clear();
  EXPECT_EQ(rows_of_sync("r4"), 0) << "r2 was seen, and that was kept";
  PutNumbers("a/2.parquet", 0, 5, 2);
  EXPECT_EQ(rows_of_sync("r5"), 5);
  PutNumbers("b/2.parquet", 0, 7, 3);
  EXPECT_EQ(rows_of_sync("r6"), 12) << "of the table with a receipt pending, all of it";
  stored = {"r6"};
  EXPECT_EQ(rows_of_sync(""), 0) << "what is pending is settled without the option too";
  PutNumbers("b/3.parquet", 0, 1, 4);
  EXPECT_EQ(rows_of_sync(""), 1);
  stored.clear();
  EXPECT_EQ(rows_of_sync("r8"), 0) << "without the option what was sent counts";
}

TEST_F(SyncRun, SendsAgainWhenReceiptsCannotBeRead) {
  options_.receipt = "r1";
  PutNumbers("a/1.parquet", 0, 10, 1);
  RecordingSink first;
  ASSERT_OK(Sync(first));
  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_EQ(second.rows("a"), 10);
  EXPECT_THAT(logger_.text(),
              AllOf(HasSubstr("warn the receipts of earlier syncs cannot"),
                    HasSubstr("warn the state backend has no receipt")));
}

TEST_F(SyncRun, MovesThePlainCursorWithTheReceipt) {
  PutNumbers("a/1.parquet", 0, 10, 1);
  options_.receipt = "r1";
  RecordingSink first;
  ASSERT_OK(Sync(first));
  EXPECT_EQ(state_.Get(CursorKey("lake", "a")), "");
  state_.texts[kReceiptsTable] = {"r1"};
  RecordingSink second;
  ASSERT_OK(Sync(second));
  EXPECT_EQ(state_.Get(CursorKey("lake", "a")), FormatTimestamp(At(1)));
  EXPECT_EQ(state_.Get(PendingKey("lake", "a", {})), "");
  EXPECT_NE(state_.Get(DeliveredKey("lake", "a", {})), "");
}

TEST_F(SyncRun, AZeroRowFileIsAnnouncedAndDelivered) {
  PutNumbers("a/1.parquet", 0, 0, 1);
  RecordingSink sink;
  ASSERT_OK(Sync(sink));
  EXPECT_THAT(sink.tables(), ElementsAre("a"));
  EXPECT_EQ(sink.rows(), 0);
  RecordingSink again;
  ASSERT_OK(Sync(again));
  EXPECT_EQ(store_.reads(), 0u);
}

}  // namespace
}  // namespace s3source
