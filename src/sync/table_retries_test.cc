#include "sync/table_retries.h"

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "cloudquery/state/state.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "cloudquery/testing/recording_sink.h"
#include "store/forwarding_store.h"
#include "store/memory_store.h"
#include "sync/sync_run.h"
#include "sync/testing/parquet_bytes.h"

namespace s3source {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

/// Sends every read of a key that ends in "again.parquet" once more.
class RetryingStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  arrow::Future<std::shared_ptr<arrow::Buffer>> Read(const Object& object,
                                                     ByteRange range,
                                                     std::stop_token stop) override {
    if (told_ && object.key.ends_with("again.parquet")) told_(object.key);
    return ForwardingStore::Read(object, range, std::move(stop));
  }
  void ObserveRetries(std::function<void(const std::string& key)> told) override {
    told_ = std::move(told);
  }
  bool is_observed() const { return told_ != nullptr; }

 private:
  std::function<void(const std::string& key)> told_;
};

/// The parameter: reads that may begin before the tables are known.
class TableRetriesTest : public ::testing::TestWithParam<int64_t> {};
INSTANTIATE_TEST_SUITE_P(EarlyReads, TableRetriesTest, ::testing::Values(0, 2, 100));

TEST_P(TableRetriesTest, CountInTheTableOfTheObject) {
  MemoryStore bucket("lake");
  const std::string body = testing::ParquetBytes(*testing::Numbers("n", 0, 3));
  for (const char* key : {"a/1.again.parquet", "a/2.again.parquet", "a/3.parquet",
                          "b/1.again.parquet", "c/1.parquet"}) {
    bucket.Put(key, body);
  }
  RetryingStore store(bucket);
  cq::testing::RecordingSink sink;
  cq::MemoryState state;
  cq::RecordingLogger logger;
  const SyncOptions options{.early_reads = GetParam()};
  ASSERT_OK(RunSync(store, options, {.tables = {"*"}}, {sink, state, {}}, logger));
  EXPECT_FALSE(store.is_observed()) << "the sync is over";
  std::map<std::string, std::string> retries;
  for (const auto& line : logger.lines(cq::LogLevel::kInfo)) {
    if (line.message != "table synced") continue;
    retries[line.Field("table")] = line.Field("retried_requests");
  }
  EXPECT_THAT(retries, ElementsAre(Pair("a", "2"), Pair("b", "1"), Pair("c", "0")));
}

}  // namespace
}  // namespace s3source
