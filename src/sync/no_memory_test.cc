// An object that others left too little memory is begun anew, and nobody sees it.
#include <arrow/api.h>
#include <arrow/util/future.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <set>
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

using cq::testing::RecordingSink;
using ReadFuture = arrow::Future<std::shared_ptr<arrow::Buffer>>;
using ::testing::IsEmpty;

constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kRows = 192;
constexpr int64_t kTextBytes = 64 << 10;  // 12 MiB in all, of which the file has one text

/// One long text in every row: a dictionary of one value.
std::string OneTextManyTimes(char c) {
  const std::string text(kTextBytes, c);
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < kRows; ++i) EXPECT_TRUE(builder.Append(text).ok());
  return testing::ParquetBytes(*arrow::Table::Make(
      arrow::schema({arrow::field("text", arrow::utf8())}),
      {std::make_shared<arrow::ChunkedArray>(builder.Finish().ValueOrDie())}, kRows));
}

/// The first reads of columns end only when both objects are in decoding, so that they
/// are there together.
class MeetingStore final : public ForwardingStore {
 public:
  explicit MeetingStore(ObjectStore& store) : ForwardingStore(store) {}

  ReadFuture Read(const Object& object, ByteRange range, std::stop_token stop) override {
    ReadFuture read = ForwardingStore::Read(object, range, std::move(stop));
    const std::lock_guard lock(mutex_);
    if (range.offset + range.length == object.size_bytes) {
      ++opened_;
      return read;
    }
    arrived_.insert(object.key);
    if (arrived_.size() == 2) met_.MarkFinished();
    return met_.Then([read] { return read; });
  }

  /// How often an object was begun.
  int opened() const {
    const std::lock_guard lock(mutex_);
    return opened_;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> arrived_;
  arrow::Future<> met_ = arrow::Future<>::Make();
  int opened_ = 0;
};

TEST(NoMemory, AnObjectThatGaveUpBeforeItsFirstRowIsBegunAnew) {
  MemoryStore lake("lake");
  lake.Put("a/0.parquet", OneTextManyTimes('x'));
  lake.Put("b/0.parquet", OneTextManyTimes('y'));
  MeetingStore store(lake);
  SyncOptions options;
  options.pipeline.decode_threads = 2;
  // Neither may have what it needs beside the other one.
  options.pipeline.memory = {
      .limit_bytes = 1024 * kMiB, .fetch_bytes = 1024 * kMiB, .most_bytes = 8 * kMiB};
  options.pipeline.read.batch_bytes = kMiB;
  options.pipeline.read.whole_object_bytes = 1 << 10;
  options.pipeline.read.footer_bytes = 4 << 10;
  RecordingSink sink;
  cq::MemoryState state;
  cq::RecordingLogger logger;
  const cq::TableFilter filter{.tables = {"*"}};
  ASSERT_OK(RunSync(store, options, filter, {sink, state, {}}, logger));
  EXPECT_EQ(store.opened(), 3) << "one of them twice";
  for (const char* table : {"a", "b"}) {
    EXPECT_EQ(sink.rows(table), kRows);
    EXPECT_THAT(sink.errors(table), IsEmpty());
  }
  EXPECT_THAT(sink.violations(), IsEmpty());
}

}  // namespace
}  // namespace s3source
