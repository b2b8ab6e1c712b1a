#include "read/object_reader.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "read/mapping_cases.h"
#include "read/parquet_files.h"
#include "store/fault.h"
#include "store/forwarding_store.h"
#include "store/memory_store.h"

namespace s3source::testing {
namespace {

using cq::testing::StatusIs;
using ::testing::HasSubstr;
using TablePtr = std::shared_ptr<arrow::Table>;

constexpr int64_t kKiB = 1 << 10;

/// Rows of numbers that do not compress, and a text.
TablePtr Numbers(int64_t rows, int columns = 3) {
  std::mt19937_64 random(7);
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (int column = 0; column < columns; ++column) {
    std::vector<int64_t> values(rows);
    for (int64_t& value : values) value = static_cast<int64_t>(random());
    arrow::Int64Builder builder;
    EXPECT_OK(builder.AppendValues(values));
    fields.push_back(arrow::field("n" + std::to_string(column), arrow::int64()));
    arrays.push_back(builder.Finish().ValueOrDie());
  }
  std::vector<std::string> rows_text;
  for (int64_t row = 0; row < rows; ++row)
    rows_text.push_back("row " + std::to_string(row));
  arrow::StringBuilder texts;
  EXPECT_OK(texts.AppendValues(rows_text));
  fields.push_back(arrow::field("text", arrow::utf8()));
  arrays.push_back(texts.Finish().ValueOrDie());
  return arrow::Table::Make(arrow::schema(fields), arrays, rows);
}

std::string Written(const arrow::Table& table, int64_t row_group_rows) {
  WriteOptions write;
  write.row_group_rows = row_group_rows;
  write.properties = [](auto& properties) { properties.disable_dictionary(); };
  return WriteParquet(table, write).ValueOrDie();
}

std::vector<ByteRange> ReadsOf(const MemoryStore& store) {
  std::vector<ByteRange> ranges;
  for (const auto& request : store.requests()) {
    EXPECT_EQ(request.kind, MemoryStore::Request::Kind::kRead);
    ranges.push_back(request.range);
  }
  return ranges;
}

/// No byte in two ranges, none outside of the object.
void ExpectDisjoint(std::vector<ByteRange> ranges, int64_t object_bytes) {
  std::sort(ranges.begin(), ranges.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.offset < b.offset; });
  int64_t end = 0;
  for (const ByteRange& range : ranges) {
    EXPECT_GE(range.offset, end);
    EXPECT_GT(range.length, 0);
    end = range.offset + range.length;
  }
  EXPECT_LE(end, object_bytes);
}

TEST(ObjectReader, ReadsASmallObjectWithOneRequest) {
  const TablePtr table = Numbers(10000);
  MemoryStore store;
  const Object object = store.Put("a.parquet", Written(*table, 1000));
  ASSERT_OK_AND_ASSIGN(auto read, ReadObject(store, object));
  EXPECT_TRUE(read->Equals(*table));
  const auto ranges = ReadsOf(store);
  ASSERT_EQ(ranges.size(), 1);
  EXPECT_EQ(ranges[0].offset, 0);
  EXPECT_EQ(ranges[0].length, object.size_bytes);
}

struct Sizes {
  const char* what;
  int64_t row_group_rows;
  ReadOptions options;
  int64_t largest_range;
};

ReadOptions Small(int64_t range_bytes, int64_t prefetch_bytes) {
  ReadOptions options;
  options.whole_object_bytes = 1 * kKiB;
  options.footer_bytes = 8 * kKiB;
  options.range_bytes = range_bytes;
  options.hole_bytes = kKiB;
  options.row_group_prefetch_bytes = prefetch_bytes;
  return options;
}

// 100,000 rows are 3.3 MB: 800 kB each column of numbers, 900 kB of text.
TEST(ObjectReader, ReadsALargeObjectByRangesEachByteOnce) {
  const TablePtr table = Numbers(100000);
  const Sizes cases[] = {
      {"small row groups, joined", 1000, Small(256 * kKiB, 4096 * kKiB), 256 * kKiB},
      {"row groups of several ranges", 20000, Small(256 * kKiB, 4096 * kKiB), 256 * kKiB},
      {"column chunks of several ranges", 100000, Small(256 * kKiB, 4096 * kKiB),
       256 * kKiB},
      {"one row group, streamed", 100000, Small(256 * kKiB, 1024 * kKiB), 256 * kKiB},
      {"row groups, streamed", 30000, Small(256 * kKiB, 512 * kKiB), 256 * kKiB},
      {"streamed and not in turns", 60000, Small(512 * kKiB, 1500 * kKiB), 512 * kKiB},
      {"no room to read ahead", 20000, Small(256 * kKiB, 700 * kKiB), 256 * kKiB},
      {"a footer larger than the tail", 100, Small(256 * kKiB, 4096 * kKiB), 256 * kKiB},
  };
  for (const Sizes& c : cases) {
    SCOPED_TRACE(c.what);
    MemoryStore store;
    const Object object = store.Put("a.parquet", Written(*table, c.row_group_rows));
    ASSERT_OK_AND_ASSIGN(auto read, ReadObject(store, object, c.options));
    EXPECT_TRUE(read->Equals(*table));
    const auto ranges = ReadsOf(store);
    ExpectDisjoint(ranges, object.size_bytes);
    EXPECT_EQ(ranges[0].length, c.options.footer_bytes);
    EXPECT_EQ(ranges[0].offset, object.size_bytes - c.options.footer_bytes);
    const bool footer_in_two = c.row_group_rows == 100;
    for (size_t i = footer_in_two ? 2 : 1; i < ranges.size(); ++i) {
      EXPECT_LE(ranges[i].length, c.largest_range);
    }
  }
}

TEST(ObjectReader, GivesPiecesAwayThatOutliveIt) {
  const TablePtr table = Numbers(100000);
  struct {
    const char* what;
    int64_t row_group_rows;
    int64_t prefetch_bytes;
    int pieces;
    size_t pieces_made;
  } cases[] = {
      {"in two", 1000, 1024 * kKiB, 2, 2},
      {"in five", 1000, 1024 * kKiB, 5, 5},
      {"row groups, streamed", 10000, 128 * kKiB, 3, 3},
      {"no more than there are row groups", 50000, 1024 * kKiB, 8, 2},
      {"one row group", 100000, 1024 * kKiB, 8, 1},
      {"not at all", 1000, 1024 * kKiB, 1, 1},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    MemoryStore store;
    const Object object = store.Put("a.parquet", Written(*table, c.row_group_rows));
    const ReadOptions options = Small(64 * kKiB, c.prefetch_bytes);
    ASSERT_OK_AND_ASSIGN(auto reader, OpenObject(store, object, options));
    const size_t reads = store.reads();
    ASSERT_OK_AND_ASSIGN(auto pieces, reader->Split(c.pieces, {}));
    EXPECT_EQ(store.reads(), reads);
    pieces.insert(pieces.begin(), std::move(reader));
    ASSERT_EQ(pieces.size(), c.pieces_made);
    int64_t row = 0;
    for (auto& piece : pieces) {
      EXPECT_EQ(piece->first_row(), row);
      ASSERT_OK_AND_ASSIGN(auto read, ReadRest(*piece));
      EXPECT_EQ(read->num_rows(), piece->num_rows());
      EXPECT_TRUE(read->Equals(*table->Slice(row, piece->num_rows())));
      row += piece->num_rows();
      piece.reset();
    }
    EXPECT_EQ(row, table->num_rows());
    ExpectDisjoint(ReadsOf(store), object.size_bytes);
  }
}

TEST(ObjectReader, GivesNoPieceAwayOfWhatCameWhole) {
  const TablePtr table = Numbers(10000);
  MemoryStore store;
  ReadOptions options = Small(kKiB, 4 * kKiB);
  options.whole_object_bytes = kKiB * kKiB;
  ASSERT_OK_AND_ASSIGN(
      auto reader,
      OpenObject(store, store.Put("a.parquet", Written(*table, 100)), options));
  ASSERT_OK_AND_ASSIGN(const auto pieces, reader->Split(4, {}));
  EXPECT_TRUE(pieces.empty());
  ASSERT_OK_AND_ASSIGN(auto read, ReadRest(*reader));
  EXPECT_TRUE(read->Equals(*table));
}

TEST(ObjectReader, EndsEachPieceByTheStopThatItWasSplitWith) {
  MemoryStore store;
  const Object object = store.Put("a.parquet", Written(*Numbers(100000), 1000));
  ASSERT_OK_AND_ASSIGN(auto reader,
                       OpenObject(store, object, Small(64 * kKiB, 128 * kKiB)));
  std::stop_source stop;
  ASSERT_OK_AND_ASSIGN(auto pieces, reader->Split(2, stop.get_token()));
  pieces.push_back(std::move(reader));
  ASSERT_EQ(pieces.size(), 2);
  stop.request_stop();
  for (auto& piece : pieces) {
    EXPECT_EQ(ReasonOf(piece->Next().status()), FaultReason::kCancelled);
  }
}

TEST(ObjectReader, JoinsSmallRowGroupsIntoFewRequests) {
  const TablePtr table = Numbers(100000);
  MemoryStore store;
  const Object object = store.Put("a.parquet", Written(*table, 500));
  ASSERT_OK(ReadObject(store, object, Small(1024 * kKiB, 4096 * kKiB)));
  // Two for the footer, and 3.3 MB of 200 row groups in ranges of up to 1 MiB.
  EXPECT_LE(store.reads(), 2 + 5);
}

TEST(ObjectReader, DoesNotFetchAgainWhatCameWithTheFooter) {
  const TablePtr table = Numbers(1000);
  MemoryStore store;
  const Object object = store.Put("a.parquet", Written(*table, 1000));
  ReadOptions options = Small(256 * kKiB, 4096 * kKiB);
  options.footer_bytes = object.size_bytes - 100;
  ASSERT_OK_AND_ASSIGN(auto read, ReadObject(store, object, options));
  EXPECT_TRUE(read->Equals(*table));
  const auto ranges = ReadsOf(store);
  ASSERT_EQ(ranges.size(), 2);
  EXPECT_EQ(ranges[1].offset, 4);
  EXPECT_EQ(ranges[1].offset + ranges[1].length, 100);
}

TEST(ObjectReader, RequestsThePartsAheadBeforeTheyAreNeeded) {
  const TablePtr table = Numbers(100000);
  MemoryStore store;
  const Object object = store.Put("a.parquet", Written(*table, 10000));
  const ReadOptions options = Small(400 * kKiB, 1200 * kKiB);
  ASSERT_OK_AND_ASSIGN(auto reader, OpenObject(store, object, options));
  store.ForgetRequests();
  ASSERT_OK(reader->Next());
  int64_t requested = 0;
  for (const ByteRange& range : ReadsOf(store)) requested += range.length;
  EXPECT_GT(requested, 800 * kKiB);
  EXPECT_LE(requested, 1200 * kKiB + options.range_bytes);
}

TEST(ObjectReader, EndsBatchesWithRecordsOrRowGroups) {
  arrow::Int32Builder numbers;
  for (int i = 0; i < 200; ++i) ASSERT_OK(numbers.Append(i));
  WriteOptions write;
  write.row_group_rows = 95;
  ASSERT_OK_AND_ASSIGN(const auto bytes,
                       WriteParquet(*OneColumn(numbers.Finish().ValueOrDie()), write));
  MemoryStore store;
  ReadOptions options;
  options.batch_rows = 35;
  options.record_rows = 10;
  ASSERT_OK_AND_ASSIGN(auto reader,
                       OpenObject(store, store.Put("a.parquet", bytes), options));
  int64_t rows = 0;
  while (true) {
    ASSERT_OK_AND_ASSIGN(auto batch, reader->Next());
    if (batch == nullptr) break;
    rows += batch->num_rows();
    EXPECT_TRUE(rows % 10 == 0 || rows % write.row_group_rows == 0) << rows;
  }
  EXPECT_EQ(rows, 200);
}

TEST(ObjectReader, KeepsBatchesSmallWhateverTheRowsAre) {
  arrow::StringBuilder texts;
  for (int i = 0; i < 64; ++i) ASSERT_OK(texts.Append(std::string(64 * kKiB, 'x')));
  const auto array = texts.Finish().ValueOrDie();
  MemoryStore store;
  for (const bool dictionary : {false, true}) {
    SCOPED_TRACE(dictionary ? "a dictionary of one value" : "plain");
    WriteOptions write;
    write.properties = [&](auto& properties) {
      if (!dictionary) properties.disable_dictionary();
    };
    const auto bytes = WriteParquet(*OneColumn(array), write).ValueOrDie();
    ReadOptions options;
    options.batch_bytes = 256 * kKiB;
    options.batch_rows = 16;
    ASSERT_OK_AND_ASSIGN(auto reader,
                         OpenObject(store, store.Put("a.parquet", bytes), options));
    int64_t rows = 0;
    for (int batches = 0;; ++batches) {
      ASSERT_OK_AND_ASSIGN(auto batch, reader->Next());
      if (batch == nullptr) break;
      rows += batch->num_rows();
      // The footer does not tell how large what a dictionary makes is: the first batch
      // does.
      EXPECT_LE(batch->num_rows(), dictionary && batches == 0 ? 16 : 4);
      EXPECT_TRUE(batch->column(0)->Equals(array->Slice(0, batch->num_rows())));
    }
    EXPECT_EQ(rows, 64);
  }
}

TEST(ObjectReader, GivesNoBatchOfFilesWithoutRowsOrColumns) {
  MemoryStore store;
  const auto no_rows = Numbers(0);
  ASSERT_OK_AND_ASSIGN(auto reader,
                       OpenObject(store, store.Put("a.parquet", Written(*no_rows, 10))));
  EXPECT_EQ(reader->schema()->num_fields(), 4);
  EXPECT_EQ(reader->num_rows(), 0);
  ASSERT_OK_AND_ASSIGN(auto batch, reader->Next());
  EXPECT_EQ(batch, nullptr);

  const auto no_columns =
      arrow::Table::Make(arrow::schema(arrow::FieldVector{}), arrow::ArrayVector{}, 0);
  ASSERT_OK_AND_ASSIGN(
      reader, OpenObject(store, store.Put("a.parquet", Written(*no_columns, 10))));
  EXPECT_EQ(reader->schema()->num_fields(), 0);
  ASSERT_OK_AND_ASSIGN(batch, reader->Next());
  EXPECT_EQ(batch, nullptr);
  ASSERT_OK_AND_ASSIGN(batch, reader->Next());
  EXPECT_EQ(batch, nullptr);
}

TEST(ObjectReader, NamesColumnsAsDestinationsTakeThem) {
  const auto array = Make(arrow::int32(), "[1]");
  const auto field = [](const char* name) { return arrow::field(name, arrow::int32()); };
  const auto table = arrow::Table::Make(
      arrow::schema({field("a"), field("A"), field(""), field("_cq_sync_time")}),
      {array, array, array, array});
  MemoryStore store;
  ASSERT_OK_AND_ASSIGN(auto read,
                       ReadObject(store, store.Put("a.parquet", Written(*table, 1))));
  EXPECT_THAT(read->ColumnNames(),
              ::testing::ElementsAre("a", "A_2", "column_3", "original_cq_sync_time"));
}

TEST(ObjectReader, LetsBatchesOutliveIt) {
  const TablePtr table = Numbers(3000);
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  {
    MemoryStore store;
    ASSERT_OK_AND_ASSIGN(
        auto reader, OpenObject(store, store.Put("a.parquet", Written(*table, 1000))));
    for (int i = 0;; ++i) {
      ASSERT_OK_AND_ASSIGN(auto batch, reader->Next());
      if (batch == nullptr) break;
      batches.push_back(batch->Slice(0, batch->num_rows()));
    }
  }
  ASSERT_OK_AND_ASSIGN(auto read, arrow::Table::FromRecordBatches(batches));
  EXPECT_TRUE(read->Equals(*table));
}

TEST(ObjectReader, PassesTheStoresFaultsUnchanged) {
  const TablePtr table = Numbers(100000);
  const std::string bytes = Written(*table, 100000);
  for (const int64_t prefetch : {512 * kKiB, 4096 * kKiB}) {
    const ReadOptions options = Small(256 * kKiB, prefetch);
    MemoryStore counting;
    ASSERT_OK(ReadObject(counting, counting.Put("a.parquet", bytes), options));
    for (size_t good = 0; good < counting.reads(); ++good) {
      SCOPED_TRACE(std::to_string(good) + " good reads");
      MemoryStore store;
      const Object object = store.Put("a.parquet", bytes);
      const auto fault =
          MakeFault(FaultReason::kChanged, "s3://bucket/a.parquet changed");
      store.FailReads("a.parquet", fault, MemoryStore::kForever, good);
      const auto read = ReadObject(store, object, options);
      EXPECT_THAT(read,
                  StatusIs(arrow::StatusCode::IOError, "s3://bucket/a.parquet changed"));
      EXPECT_EQ(ReasonOf(read.status()), FaultReason::kChanged);
    }
  }
}

TEST(ObjectReader, DoesNotBlameTheObjectForWhatTheStoreCannotName) {
  MemoryStore store;
  const Object object = store.Put("a.parquet", Written(*Numbers(100000), 100000));
  store.FailReads("a.parquet", arrow::Status::IOError("odd"), MemoryStore::kForever, 3);
  const auto read = ReadObject(store, object, Small(256 * kKiB, 512 * kKiB));
  EXPECT_THAT(read, StatusIs(arrow::StatusCode::IOError, "odd"));
  EXPECT_NE(ReasonOf(read.status()), FaultReason::kMalformed);
}

TEST(ObjectReader, PinsEveryReadToTheVersionThatWasListed) {
  const TablePtr table = Numbers(100000);
  MemoryStore store;
  const Object object = store.Put("a.parquet", Written(*table, 1000));
  const ReadOptions options = Small(256 * kKiB, 256 * kKiB);
  ASSERT_OK_AND_ASSIGN(auto reader, OpenObject(store, object, options));
  ASSERT_OK(reader->Next());
  store.Put("a.parquet", Written(*table, 2000));
  const auto rest = ReadRest(*reader);
  EXPECT_EQ(ReasonOf(rest.status()), FaultReason::kChanged) << rest.status().ToString();
  EXPECT_EQ(reader->Next().status(), rest.status());
}

TEST(ObjectReader, EndsWithCancelledAfterStop) {
  const TablePtr table = Numbers(100000);
  MemoryStore store;
  const Object object = store.Put("a.parquet", Written(*table, 100000));
  std::stop_source stop;
  ASSERT_OK_AND_ASSIGN(
      auto reader,
      OpenObject(store, object, Small(256 * kKiB, 4096 * kKiB), stop.get_token()));
  ASSERT_OK(reader->Next());
  stop.request_stop();
  EXPECT_EQ(ReasonOf(reader->Next().status()), FaultReason::kCancelled);
}

TEST(ObjectReader, StopsWaitingForTheStoreAfterStop) {
  const TablePtr table = Numbers(100000);
  MemoryStore store;
  const Object object = store.Put("a.parquet", Written(*table, 100000));
  std::stop_source stop;
  ASSERT_OK_AND_ASSIGN(
      auto reader,
      OpenObject(store, object, Small(256 * kKiB, 4096 * kKiB), stop.get_token()));
  store.HoldReads();
  const std::jthread stopper([&] {
    store.AwaitHeldReads(1);
    stop.request_stop();
  });
  EXPECT_EQ(ReasonOf(reader->Next().status()), FaultReason::kCancelled);
}

/// Remembers the stop tokens of reads.
class TokenStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  arrow::Future<std::shared_ptr<arrow::Buffer>> Read(const Object& object,
                                                     ByteRange range,
                                                     std::stop_token stop) override {
    tokens.push_back(stop);
    return ForwardingStore::Read(object, range, std::move(stop));
  }
  std::vector<std::stop_token> tokens;
};

TEST(ObjectReader, CancelsWhatIsUnderWayWhenItIsDestroyed) {
  MemoryStore memory;
  TokenStore store(memory);
  const Object object = memory.Put("a.parquet", Written(*Numbers(100000), 10000));
  ASSERT_OK_AND_ASSIGN(auto reader,
                       OpenObject(store, object, Small(256 * kKiB, 4096 * kKiB)));
  store.tokens.clear();
  ASSERT_OK(reader->Next());
  ASSERT_GT(store.tokens.size(), 1);
  EXPECT_FALSE(store.tokens.back().stop_requested());
  reader.reset();
  for (const auto& token : store.tokens) EXPECT_TRUE(token.stop_requested());
}

/// Hands out buffers of a pool of its own and remembers the most bytes held at once.
class MeasuringStore final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  arrow::Future<std::shared_ptr<arrow::Buffer>> Read(const Object& object,
                                                     ByteRange range,
                                                     std::stop_token stop) override {
    const auto read = ForwardingStore::Read(object, range, std::move(stop));
    auto copy = arrow::AllocateBuffer(range.length, &pool).ValueOrDie();
    std::memcpy(copy->mutable_data(), (*read.result())->data(), range.length);
    most_bytes = std::max(most_bytes, pool.bytes_allocated());
    return arrow::Future<std::shared_ptr<arrow::Buffer>>::MakeFinished(std::move(copy));
  }
  arrow::ProxyMemoryPool pool{arrow::default_memory_pool()};
  int64_t most_bytes = 0;
};

TEST(ObjectReader, HoldsNoMoreOfAnObjectThanItMay) {
  const TablePtr table = Numbers(100000);
  MemoryStore memory;
  MeasuringStore store(memory);
  for (const int64_t row_group_rows : {1000, 20000, 100000}) {
    SCOPED_TRACE(row_group_rows);
    const Object object = memory.Put("a.parquet", Written(*table, row_group_rows));
    const ReadOptions options = Small(256 * kKiB, 1024 * kKiB);
    store.most_bytes = 0;
    ASSERT_OK(ReadObject(store, object, options));
    constexpr int64_t kFooter = 64 * kKiB;
    EXPECT_LE(store.most_bytes, 1024 * kKiB + options.range_bytes + kFooter);
    EXPECT_GE(store.most_bytes, 512 * kKiB);
  }
  EXPECT_EQ(store.pool.bytes_allocated(), 0);
}

/// Instants first, of which each row has one, or each tenth row a list of ten.
TablePtr Instants(int64_t rows, bool lists) {
  arrow::TimestampBuilder instants(arrow::timestamp(arrow::TimeUnit::NANO, "UTC"),
                                   arrow::default_memory_pool());
  for (int64_t row = 0; row < rows; ++row) EXPECT_OK(instants.Append(row * 1000003));
  std::shared_ptr<arrow::Array> column = instants.Finish().ValueOrDie();
  if (lists) {
    arrow::Int32Builder offsets;
    for (int64_t row = 0; row <= rows; ++row) {
      EXPECT_OK(offsets.Append(static_cast<int32_t>((row + 9) / 10 * 10)));
    }
    column = arrow::ListArray::FromArrays(*offsets.Finish().ValueOrDie(), *column)
                 .ValueOrDie();
  }
  return Numbers(rows, 1)
      ->AddColumn(0, arrow::field("at", column->type()),
                  std::make_shared<arrow::ChunkedArray>(column))
      .ValueOrDie();
}

// 12 bytes an instant: 3.6 of 9.4 MB.
TEST(ObjectReader, HoldsNoMoreOfAnObjectWithInt96) {
  MemoryStore memory;
  MeasuringStore store(memory);
  for (const bool lists : {false, true}) {
    SCOPED_TRACE(lists ? "lists of instants" : "instants");
    const TablePtr table = Instants(300000, lists);
    WriteOptions write;
    write.int96 = true;
    write.store_schema = false;
    write.properties = [](auto& properties) {
      properties.disable_dictionary()->data_pagesize(32 * kKiB);
    };
    ASSERT_OK_AND_ASSIGN(const std::string bytes, WriteParquet(*table, write));
    const Object object = memory.Put("a.parquet", bytes);
    ReadOptions options = Small(256 * kKiB, 1024 * kKiB);
    options.batch_rows = 4096;
    store.most_bytes = 0;
    memory.ForgetRequests();
    ASSERT_OK_AND_ASSIGN(const auto read, ReadObject(store, object, options));
    ASSERT_EQ(read->num_rows(), table->num_rows());
    for (int column = 0; column < table->num_columns(); ++column) {
      EXPECT_TRUE(read->column(column)->Equals(*table->column(column)));
    }
    ExpectDisjoint(ReadsOf(memory), object.size_bytes);
    // The steps of all columns; a batch of 48 KiB of instants, which one reader of them
    // has left to the other, in steps of 171 KiB; the footer.
    EXPECT_LE(store.most_bytes, 1024 * kKiB + options.range_bytes + 64 * kKiB);
  }
}

TEST(FetchObject, FetchesTheEndOfALargeObject) {
  MemoryStore store;
  const Object object = store.Put("a.parquet", std::string(100 * kKiB, 'x'));
  ReadOptions options;
  options.whole_object_bytes = 100 * kKiB;
  ASSERT_OK_AND_ASSIGN(auto whole, FetchObject(store, object, options, {}).result());
  EXPECT_EQ(whole.tail->size(), 100 * kKiB);
  options.whole_object_bytes -= 1;
  ASSERT_OK_AND_ASSIGN(auto end, FetchObject(store, object, options, {}).result());
  EXPECT_EQ(end.tail->size(), 64 * kKiB);
  EXPECT_EQ(end.object.key, "a.parquet");
}

}  // namespace
}  // namespace s3source::testing
