#include "plugin/s3_plugin.h"

#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <utility>

#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "cloudquery/testing/recording_sink.h"
#include "cloudquery/testing/source_suite.h"
#include "store/fault.h"
#include "store/memory_store.h"
#include "sync/testing/parquet_bytes.h"

namespace s3source {
namespace {

using cq::testing::StatusIs;
using s3source::testing::Numbers;
using s3source::testing::ParquetBytes;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Opens a lake in memory: of three objects, or, for the bucket `endless`, of many.
arrow::Result<std::shared_ptr<ObjectStore>> OpenLake(const Spec& spec) {
  auto store = std::make_shared<MemoryStore>(spec.bucket);
  if (spec.bucket == "endless") {
    const std::string bytes = ParquetBytes(*Numbers("n", 0, 100'000), 100'000);
    for (int i = 0; i < 400; ++i) {
      store->Put("endless/" + std::to_string(i) + ".parquet", bytes);
    }
    return store;
  }
  store->Put("a/1.parquet", ParquetBytes(*Numbers("n", 0, 700)));
  store->Put("a/2.parquet", ParquetBytes(*Numbers("n", 700, 10)));
  store->Put("b/1.parquet", ParquetBytes(*Numbers("m", 0, 10)));
  return store;
}

PluginOptions Options(StoreFactory open_store = OpenLake) {
  return {.version = "v1.2.3", .decode_threads = 2, .open_store = std::move(open_store)};
}

constexpr char kSpec[] = R"({"bucket": "lake", "region": "us-east-1"})";

TEST(S3Plugin, PassesTheSuiteThatEverySourceMustPass) {
  cq::testing::SourceSuiteOptions options;
  options.spec = kSpec;
  options.bad_spec = R"({"bucket": "lake", "regoin": "us-east-1"})";
  options.endless_spec = R"({"bucket": "endless", "region": "us-east-1"})";
  options.tests_connection = true;
  cq::testing::RunSourceSuite(
      [](cq::Logger& logger) { return std::make_unique<S3Plugin>(logger, Options()); },
      options);
}

TEST(S3Plugin, NamesTheUnknownFieldAndTheNearestKnownOne) {
  cq::RecordingLogger logger;
  S3Plugin plugin(logger, Options());
  EXPECT_THAT(plugin.Init({.spec_json = R"({"bucket": "lake", "regoin": "x"})",
                           .no_connection = false,
                           .invocation_id = ""}),
              StatusIs(arrow::StatusCode::Invalid,
                       ::testing::AllOf(HasSubstr("invalid spec: "), HasSubstr("regoin"),
                                        HasSubstr("region"))));
}

TEST(S3Plugin, DoesNotConnectInInit) {
  auto store = std::make_shared<MemoryStore>("lake");
  cq::RecordingLogger logger;
  S3Plugin plugin(logger, Options([&](const Spec&) { return store; }));
  ASSERT_OK(
      plugin.Init({.spec_json = kSpec, .no_connection = false, .invocation_id = ""}));
  EXPECT_THAT(store->requests(), IsEmpty());
}

TEST(S3Plugin, ShardsDeliverEverythingOnceBetweenThem) {
  auto store = std::make_shared<MemoryStore>("lake");
  for (int i = 0; i < 20; ++i) {
    store->Put("a/" + std::to_string(i) + ".parquet", ParquetBytes(*Numbers("n", i, 1)));
  }
  cq::RecordingLogger logger;
  S3Plugin plugin(logger, Options([&](const Spec&) { return store; }));
  ASSERT_OK(
      plugin.Init({.spec_json = kSpec, .no_connection = false, .invocation_id = ""}));
  cq::NoState state;
  cq::SyncRequest request;
  request.filter.tables = {"*"};
  int64_t rows = 0;
  for (int32_t num = 1; num <= 2; ++num) {
    cq::testing::RecordingSink sink;
    request.shard = cq::Shard{.num = num, .total = 2};
    ASSERT_OK(plugin.Sync(request, {sink, state, {}}));
    EXPECT_LT(sink.rows(), 20);
    rows += sink.rows();
  }
  EXPECT_EQ(rows, 20);
}

TEST(S3Plugin, RefusesAShardThatDoesNotExist) {
  cq::RecordingLogger logger;
  auto store = std::make_shared<MemoryStore>("lake");
  S3Plugin plugin(logger, Options([&](const Spec&) { return store; }));
  ASSERT_OK(
      plugin.Init({.spec_json = kSpec, .no_connection = false, .invocation_id = ""}));
  cq::NoState state;
  cq::testing::RecordingSink sink;
  cq::SyncRequest request;
  for (const cq::Shard shard : {cq::Shard{0, 2}, cq::Shard{3, 2}, cq::Shard{1, 0}}) {
    request.shard = shard;
    EXPECT_THAT(plugin.Sync(request, {sink, state, {}}),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr("counted from 1")));
  }
}

struct ConnectionCase {
  FaultReason reason;
  std::string code;
};

TEST(S3Plugin, TestConnectionTellsCloudQuerysCodesApart) {
  for (const auto& [reason, code] : std::initializer_list<ConnectionCase>{
           {FaultReason::kBucketDenied, "UNAUTHORIZED"},
           {FaultReason::kCredentials, "UNAUTHORIZED"},
           {FaultReason::kNoBucket, "CONNECTION_FAILED"},
           {FaultReason::kWrongRegion, "CONNECTION_FAILED"},
           {FaultReason::kUnreachable, "UNREACHABLE"},
           {FaultReason::kUnavailable, "UNREACHABLE"}}) {
    SCOPED_TRACE(NameOf(reason));
    auto store = std::make_shared<MemoryStore>("lake");
    store->FailLists(MakeFault(reason, "what is missing"));
    cq::RecordingLogger logger;
    S3Plugin plugin(logger, Options([&](const Spec&) { return store; }));
    ASSERT_OK_AND_ASSIGN(const auto test, plugin.TestConnection(kSpec, {}));
    EXPECT_FALSE(test.success);
    EXPECT_EQ(test.failure_code, code);
    EXPECT_EQ(test.failure_description, "what is missing");
  }
}

TEST(S3Plugin, TestConnectionNeedsToReadAnObject) {
  auto store = std::make_shared<MemoryStore>("lake");
  store->Put("a/1.parquet", ParquetBytes(*Numbers("n", 0, 3)));
  store->FailReads("a/1.parquet", MakeFault(FaultReason::kObjectDenied, "s3:GetObject"));
  cq::RecordingLogger logger;
  S3Plugin plugin(logger, Options([&](const Spec&) { return store; }));
  ASSERT_OK_AND_ASSIGN(const auto test, plugin.TestConnection(kSpec, {}));
  EXPECT_FALSE(test.success);
  EXPECT_EQ(test.failure_code, "UNAUTHORIZED");
}

TEST(S3Plugin, TestConnectionPassesOverAMalformedObjectAndAnEmptyBucket) {
  auto store = std::make_shared<MemoryStore>("lake");
  cq::RecordingLogger logger;
  S3Plugin plugin(logger, Options([&](const Spec&) { return store; }));
  ASSERT_OK_AND_ASSIGN(const auto empty, plugin.TestConnection(kSpec, {}));
  EXPECT_TRUE(empty.success);
  store->Put("a/1.parquet", "no Parquet file");
  ASSERT_OK_AND_ASSIGN(const auto malformed, plugin.TestConnection(kSpec, {}));
  EXPECT_TRUE(malformed.success);
}

TEST(S3Plugin, TestConnectionNamesWhatIsWrongWithTheSpec) {
  cq::RecordingLogger logger;
  S3Plugin plugin(logger, Options());
  ASSERT_OK_AND_ASSIGN(const auto test, plugin.TestConnection(R"({"bucket": "b"})", {}));
  EXPECT_EQ(test.failure_code, "INVALID_SPEC");
  EXPECT_EQ(test.failure_description, "region is required");
}

TEST(S3Plugin, TestConnectionCountsWhatOpeningRefusesToTheSpec) {
  cq::RecordingLogger logger;
  S3Plugin plugin(logger, Options([](const Spec&) {
                    return arrow::Result<std::shared_ptr<ObjectStore>>(
                        arrow::Status::Invalid("region is not a region of AWS"));
                  }));
  ASSERT_OK_AND_ASSIGN(const auto test, plugin.TestConnection(kSpec, {}));
  EXPECT_FALSE(test.success);
  EXPECT_EQ(test.failure_code, "INVALID_SPEC");
  EXPECT_EQ(test.failure_description, "region is not a region of AWS");
}

}  // namespace
}  // namespace s3source
