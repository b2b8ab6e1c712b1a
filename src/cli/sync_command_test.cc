#include "cli/sync_command.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gmock/gmock.h>
#include <parquet/arrow/reader.h>

#include <algorithm>
#include <sstream>

#include "cli/check_command.h"
#include "cli/output_folder.h"
#include "cli/tables_command.h"
#include "cli/testing/temp_folder.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "store/fault.h"
#include "store/forwarding_store.h"
#include "store/memory_store.h"
#include "sync/testing/parquet_bytes.h"

namespace s3source {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Numbers;
using testing::ParquetBytes;
using ::testing::StartsWith;

constexpr char kConfig[] = R"(kind: source
spec:
  name: lake
  spec:
    bucket: lake
    region: eu-central-1
)";

/// The stand-alone commands against a bucket in memory.
class Commands : public ::testing::Test {
 protected:
  Commands() { config_ = folder_.Write("c.yml", kConfig); }

  void Put(const std::string& key, int64_t first, int64_t count, int64_t second) {
    store_.Put(
        key, ParquetBytes(*Numbers("n", first, count)),
        {.last_modified = Timestamp(std::chrono::seconds(1'700'000'000 + second))});
  }

  CommandContext Context() {
    out_.str("");
    err_.str("");
    ++run_;
    return {
        .environment = [](const std::string&) { return std::nullopt; },
        .open_store = [this](const Spec&,
                             cq::Logger&) -> arrow::Result<std::shared_ptr<ObjectStore>> {
          return std::make_shared<ForwardingStore>(store_);
        },
        .version = "test",
        .logger = logger_,
        .out = out_,
        .err = err_,
        .now = [] { return std::chrono::steady_clock::time_point(); },
        .run = "run" + std::to_string(run_),
        .stop = stop_.get_token()};
  }

  int Sync() {
    return RunSyncCommand({.config = config_, .directory = folder_ / "out"}, Context());
  }

  /// The files of the directory that are data.
  std::vector<std::string> DataFiles() {
    auto files = folder_.Files("out");
    std::erase_if(
        files, [](const std::string& file) { return file.starts_with(".cq-source-s3"); });
    return files;
  }

  /// The values of column n in all files of a table, sorted.
  std::vector<int64_t> Values(const std::string& table) {
    std::vector<int64_t> values;
    for (const std::string& file : DataFiles()) {
      if (!file.starts_with(table + "/")) continue;
      auto input = arrow::io::ReadableFile::Open(folder_ / "out" + ("/" + file));
      auto reader =
          parquet::arrow::OpenFile(*input, arrow::default_memory_pool()).ValueOrDie();
      const auto rows = reader->ReadTable().ValueOrDie();
      for (const auto& chunk : rows->GetColumnByName("n")->chunks()) {
        const auto& numbers = static_cast<const arrow::Int64Array&>(*chunk);
        for (int64_t i = 0; i < numbers.length(); ++i) values.push_back(numbers.Value(i));
      }
    }
    std::sort(values.begin(), values.end());
    return values;
  }

  testing::TempFolder folder_;
  std::string config_;
  MemoryStore store_{"lake"};
  cq::RecordingLogger logger_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::stop_source stop_;
  int run_ = 0;
};

TEST_F(Commands, SyncWritesEveryTableAndSaysSo) {
  Put("a/1.parquet", 0, 3, 1);
  Put("a/2.parquet", 3, 2, 2);
  Put("b/1.parquet", 10, 1, 1);
  ASSERT_EQ(Sync(), kExitOk) << err_.str();
  EXPECT_THAT(DataFiles(), ElementsAre("a/run1-1.parquet", "b/run1-1.parquet"));
  EXPECT_THAT(Values("a"), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(Values("b"), ElementsAre(10));
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("2 tables, 3 objects, 6 rows"),
                                HasSubstr("2 new files in "), HasSubstr("state.json")));
  EXPECT_THAT(err_.str(), IsEmpty());
}

TEST_F(Commands, SyncCountsWhatItLeavesOut) {
  Put("a/1.parquet", 0, 3, 1);
  store_.Put("a/2.parquet", std::string(2048, 'x'));
  ASSERT_EQ(Sync(), kExitOk) << err_.str();
  EXPECT_THAT(Values("a"), ElementsAre(0, 1, 2));
  EXPECT_THAT(out_.str(), HasSubstr("1 object left out"));
  EXPECT_THAT(logger_.text(), HasSubstr("a/2.parquet"));
}

TEST_F(Commands, ASecondSyncAddsOnlyWhatIsNew) {
  Put("a/1.parquet", 0, 3, 1);
  ASSERT_EQ(Sync(), kExitOk) << err_.str();
  ASSERT_EQ(Sync(), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("nothing new"));
  EXPECT_THAT(DataFiles(), ElementsAre("a/run1-1.parquet"));
  Put("a/2.parquet", 3, 2, 2);
  ASSERT_EQ(Sync(), kExitOk) << err_.str();
  EXPECT_THAT(DataFiles(), ElementsAre("a/run1-1.parquet", "a/run3-1.parquet"));
  EXPECT_THAT(Values("a"), ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(Commands, AFailedTableLeavesNothingOfTheRun) {
  Put("a/1.parquet", 0, 3, 1);
  Put("b/1.parquet", 10, 1, 1);
  store_.FailReads("b/1.parquet", MakeFault(FaultReason::kObjectDenied,
                                            "lake/b/1.parquet: access denied"));
  EXPECT_EQ(Sync(), kExitFailed);
  EXPECT_THAT(err_.str(),
              AllOf(StartsWith("error: "), HasSubstr("lake/b/1.parquet: access denied"),
                    HasSubstr("nothing of this run was kept in " + (folder_ / "out"))));
  EXPECT_THAT(folder_.Files("out"), ElementsAre(".cq-source-s3/lock"));
}

TEST_F(Commands, AFailedSyncIsMadeUpForByTheNext) {
  Put("a/1.parquet", 0, 3, 1);
  ASSERT_EQ(Sync(), kExitOk);
  Put("a/2.parquet", 3, 1, 2);
  Put("b/1.parquet", 10, 1, 2);
  store_.FailReads("b/1.parquet", MakeFault(FaultReason::kObjectDenied, "denied"), 1);
  EXPECT_EQ(Sync(), kExitFailed);
  EXPECT_THAT(Values("a"), ElementsAre(0, 1, 2));
  ASSERT_EQ(Sync(), kExitOk) << err_.str();
  EXPECT_THAT(Values("a"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Values("b"), ElementsAre(10));
}

TEST_F(Commands, AnInterruptedSyncLeavesNothing) {
  Put("a/1.parquet", 0, 3, 1);
  stop_.request_stop();
  EXPECT_EQ(Sync(), kExitInterrupted);
  EXPECT_THAT(err_.str(),
              AllOf(StartsWith("interrupted"), HasSubstr("nothing of this run"),
                    Not(HasSubstr("error"))));
  EXPECT_THAT(folder_.Files("out"), ElementsAre(".cq-source-s3/lock"));
}

TEST_F(Commands, SyncRefusesADirectoryThatIsInUse) {
  ASSERT_OK_AND_ASSIGN(const auto held, OutputFolder::Open(folder_ / "out"));
  EXPECT_EQ(Sync(), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("another cq-source-s3 "));
}

TEST_F(Commands, SyncNeverTakesABrokenStateForAnEmptyOne) {
  Put("a/1.parquet", 0, 3, 1);
  folder_.Write("out/.cq-source-s3/state.json", "{\"version\": 1, \"val");
  EXPECT_EQ(Sync(), kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("state.json is not readable"));
  EXPECT_THAT(DataFiles(), IsEmpty());
}

TEST_F(Commands, SyncKeepsTheStatesOfOtherBuckets) {
  const std::string other = R"("s3/other/a/last_modified_cursor")";
  folder_.Write("out/.cq-source-s3/state.json",
                R"({"version":1,"values":{)" + other + R"(:"2024-01-01T00:00:00Z"}})");
  Put("a/1.parquet", 0, 3, 1);
  ASSERT_EQ(Sync(), kExitOk) << err_.str();
  EXPECT_THAT(folder_.Read("out/.cq-source-s3/state.json"),
              AllOf(HasSubstr(other), HasSubstr("s3/lake/a/last_modified_cursor")));
}

TEST_F(Commands, AllNameFileAndLineOfAWrongSpec) {
  folder_.Write("c.yml", std::string(kConfig) + "    buket: typo\n");
  EXPECT_EQ(Sync(), kExitUsage);
  EXPECT_THAT(err_.str(),
              AllOf(StartsWith("error: " + config_ + ":4: "), HasSubstr("buket")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  EXPECT_EQ(RunTables({.config = config_}, Context()), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("buket"));
  EXPECT_EQ(RunCheck({.config = config_}, Context()), kExitUsage);
  EXPECT_THAT(out_.str(),
              AllOf(StartsWith("INVALID_SPEC: " + config_ + ":4: "), HasSubstr("buket")));
}

TEST_F(Commands, AllSayThatTheConfigurationIsMissing) {
  config_ = folder_ / "none.yml";
  EXPECT_EQ(Sync(), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("none.yml: No such file"));
  EXPECT_EQ(RunTables({.config = config_}, Context()), kExitUsage);
  EXPECT_EQ(RunCheck({.config = config_}, Context()), kExitUsage);
}

TEST_F(Commands, TablesShowsWhatWouldBeSynced) {
  Put("a/1.parquet", 0, 3, 1);
  Put("a/2.parquet", 3, 3, 1);
  store_.Put("broken/1.parquet", std::string(2048, 'x'));
  ASSERT_EQ(RunTables({.config = config_, .columns = true}, Context()), kExitOk);
  std::istringstream lines(out_.str());
  std::vector<std::vector<std::string>> words;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream stream(line);
    words.emplace_back(std::istream_iterator<std::string>(stream),
                       std::istream_iterator<std::string>());
  }
  ASSERT_EQ(words.size(), 6);
  EXPECT_THAT(words[0], ElementsAre("TABLE", "OBJECTS", "SIZE", "COLUMNS"));
  EXPECT_THAT(words[1], ElementsAre("a", "2", ::testing::_, "B", "3"));
  EXPECT_THAT(words[2], ElementsAre("_cq_id", "uuid,", "not", "null,", "primary", "key"));
  EXPECT_THAT(words[3], ElementsAre("_cq_parent_id", "uuid"));
  EXPECT_THAT(words[4], ElementsAre("n", "int64"));
  EXPECT_THAT(words[5], ElementsAre("broken", "1", "2.0", "KiB", "?"));
  EXPECT_THAT(logger_.text(), HasSubstr("broken/1.parquet"));
}

TEST_F(Commands, TablesShowsThemToPrograms) {
  store_.Put("a/1.parquet", std::string(100, 'x'));
  ASSERT_EQ(RunTables({.config = config_, .format = "json"}, Context()), kExitOk);
  EXPECT_EQ(out_.str(), R"([
  {
    "name": "a",
    "objects": 1,
    "bytes": 100,
    "columns": null
  }
]
)");
}

TEST_F(Commands, CheckSaysOkOrWhatIsWrong) {
  Put("a/1.parquet", 0, 3, 1);
  EXPECT_EQ(RunCheck({.config = config_}, Context()), kExitOk);
  EXPECT_EQ(out_.str(), "OK\n");
  store_.FailLists(MakeFault(FaultReason::kCredentials, "the key is unknown"));
  EXPECT_EQ(RunCheck({.config = config_}, Context()), kExitFailed);
  EXPECT_THAT(out_.str(),
              AllOf(StartsWith("UNAUTHORIZED: "), HasSubstr("the key is unknown")));
}

}  // namespace
}  // namespace s3source
