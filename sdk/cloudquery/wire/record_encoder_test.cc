#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/extension_type.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cloudquery/schema/extension_types.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/wire/ipc.h"
#include "cloudquery/wire/sample_batches.h"

namespace cq {
namespace {

using ::testing::AllOf;
using testing::As;
using ::testing::HasSubstr;
using testing::RandomBatch;
using testing::SampleTypes;
using ::testing::SizeIs;
using testing::StatusIs;
using testing::TextBatch;

using Batch = std::shared_ptr<arrow::RecordBatch>;

arrow::Result<std::vector<EncodedRecord>> EncodeAll(const RecordEncoder& encoder,
                                                    const arrow::RecordBatch& batch) {
  std::vector<EncodedRecord> records;
  ARROW_RETURN_NOT_OK(encoder.Encode(batch, [&](EncodedRecord record) {
    records.push_back(std::move(record));
    return arrow::Status::OK();
  }));
  return records;
}

// What Arrow's own reader finds in `record`: exactly one batch, with the columns of
// `schema`, or an error.
arrow::Result<Batch> ReadOne(const EncodedRecord& record,
                             const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(auto stream, arrow::ConcatenateBuffers(record.pieces));
  if (stream->size() != record.size_bytes) {
    return arrow::Status::Invalid("size_bytes is ", record.size_bytes,
                                  ", the stream has ", stream->size());
  }
  auto source = std::make_shared<arrow::io::BufferReader>(stream);
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchStreamReader::Open(source));
  Batch batch;
  Batch next;
  ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
  if (batch == nullptr) return arrow::Status::Invalid("no batch");
  ARROW_RETURN_NOT_OK(batch->ValidateFull());
  if (batch->num_rows() != record.rows) {
    return arrow::Status::Invalid("rows is ", record.rows, ", the batch has ",
                                  batch->num_rows());
  }
  ARROW_RETURN_NOT_OK(reader->ReadNext(&next));
  if (next != nullptr) return arrow::Status::Invalid("a second batch");
  ARROW_ASSIGN_OR_RAISE(const int64_t end, source->Tell());
  if (end != stream->size()) return arrow::Status::Invalid("bytes after the end");
  return As(schema, *batch);
}

TEST(RecordEncoder, KeepsEveryValueOfAnySliceOfAnyType) {
  std::mt19937 random(20240601);
  const auto batch = RandomBatch(SampleTypes(), 70, random);
  ASSERT_OK(batch->ValidateFull());
  ASSERT_OK_AND_ASSIGN(const auto encoder, RecordEncoder::Make(batch->schema()));
  for (int round = 0; round < 200; ++round) {
    const auto offset = static_cast<int64_t>(random() % 70);
    const auto length = 1 + static_cast<int64_t>(random() % (70 - offset));
    SCOPED_TRACE("rows " + std::to_string(offset) + " + " + std::to_string(length));
    const auto slice = batch->Slice(offset, length);
    ASSERT_OK_AND_ASSIGN(const auto records, EncodeAll(encoder, *slice));
    ASSERT_THAT(records, SizeIs(1));
    ASSERT_OK_AND_ASSIGN(const auto read, ReadOne(records[0], batch->schema()));
    ASSERT_TRUE(read->Equals(*slice)) << read->ToString();
  }
}

TEST(RecordEncoder, KeepsEveryValueOfEachTypeAlone) {
  std::mt19937 random(42);
  for (const auto& type : SampleTypes()) {
    SCOPED_TRACE(type->ToString());
    const auto batch = RandomBatch({type}, 20, random);
    ASSERT_OK_AND_ASSIGN(const auto encoder, RecordEncoder::Make(batch->schema()));
    for (const auto& slice :
         {batch, batch->Slice(3, 9), batch->Slice(19), batch->Slice(8, 1)}) {
      ASSERT_OK_AND_ASSIGN(const auto records, EncodeAll(encoder, *slice));
      ASSERT_THAT(records, SizeIs(1));
      ASSERT_OK_AND_ASSIGN(const auto read, ReadOne(records[0], batch->schema()));
      EXPECT_TRUE(read->Equals(*slice)) << read->ToString();
    }
  }
}

TEST(RecordEncoder, KeepsValuesWhenItSplits) {
  std::mt19937 random(5);
  const auto batch = RandomBatch(SampleTypes(), 300, random)->Slice(7, 281);
  ASSERT_OK_AND_ASSIGN(const auto encoder,
                       RecordEncoder::Make(batch->schema(), {.target_bytes = 30'000}));
  ASSERT_OK_AND_ASSIGN(const auto records, EncodeAll(encoder, *batch));
  EXPECT_GT(records.size(), 2U);
  int64_t row = 0;
  for (const auto& record : records) {
    SCOPED_TRACE(row);
    EXPECT_LE(record.size_bytes, 30'000);
    ASSERT_OK_AND_ASSIGN(const auto read, ReadOne(record, batch->schema()));
    EXPECT_TRUE(read->Equals(*batch->Slice(row, record.rows)));
    row += record.rows;
  }
  EXPECT_EQ(row, batch->num_rows());
}

TEST(RecordEncoder, CarriesASchemaWithItsMetadataAndExtensions) {
  const auto schema = arrow::schema(
      {arrow::field("id", Uuid(), false, arrow::key_value_metadata({"k"}, {"v"})),
       arrow::field("doc", Json())},
      arrow::key_value_metadata({"cq:table_name"}, {"t"}));
  // The batch itself has no metadata: what travels is the encoder's schema.
  const auto bare =
      arrow::schema({arrow::field("id", Uuid(), false), arrow::field("doc", Json())});
  std::mt19937 random(1);
  const auto batch =
      As(bare, *RandomBatch({arrow::fixed_size_binary(16), arrow::binary()}, 3, random));
  ASSERT_OK_AND_ASSIGN(const auto encoder, RecordEncoder::Make(schema));
  ASSERT_OK_AND_ASSIGN(const auto records, EncodeAll(encoder, *batch));
  ASSERT_THAT(records, SizeIs(1));
  ASSERT_OK_AND_ASSIGN(auto stream, arrow::ConcatenateBuffers(records[0].pieces));
  ASSERT_OK_AND_ASSIGN(const auto read, DecodeSchema(stream));
  const auto expected = arrow::schema(
      {arrow::field("id", arrow::fixed_size_binary(16), false,
                    arrow::key_value_metadata(
                        {"k", "ARROW:extension:name", "ARROW:extension:metadata"},
                        {"v", "uuid", "uuid-serialized"})),
       arrow::field(
           "doc", arrow::binary(), true,
           arrow::key_value_metadata({"ARROW:extension:name", "ARROW:extension:metadata"},
                                     {"json", "json-serialized"}))},
      schema->metadata());
  EXPECT_TRUE(read->Equals(*expected, /*check_metadata=*/true)) << read->ToString(true);
}

TEST(RecordEncoder, SharesTheMemoryOfTheBatch) {
  const auto batch = TextBatch("text", std::vector<int64_t>(1000, 50));
  ASSERT_OK_AND_ASSIGN(const auto encoder, RecordEncoder::Make(batch->schema()));
  ASSERT_OK_AND_ASSIGN(const auto whole, EncodeAll(encoder, *batch));
  ASSERT_OK_AND_ASSIGN(const auto slice, EncodeAll(encoder, *batch->Slice(100, 200)));
  const auto has = [](const EncodedRecord& record, const uint8_t* start, int64_t size) {
    return std::any_of(record.pieces.begin(), record.pieces.end(),
                       [&](const auto& piece) {
                         // Arrow cuts a shared buffer at the next multiple of 64 bytes.
                         return piece->data() == start && piece->size() >= size &&
                                piece->size() < size + 64;
                       });
  };
  const uint8_t* texts = batch->column_data(0)->buffers[2]->data();
  const uint8_t* numbers = batch->column_data(1)->buffers[1]->data();
  EXPECT_TRUE(has(whole[0], texts, 50'000));
  EXPECT_TRUE(has(whole[0], numbers, 8'000));
  EXPECT_TRUE(has(slice[0], texts + 5'000, 10'000));
  EXPECT_TRUE(has(slice[0], numbers + 800, 1'600));
  EXPECT_EQ(whole[0].pieces[0], slice[0].pieces[0])
      << "one schema message for all records";
}

TEST(RecordEncoder, OutlivesTheBatch) {
  auto batch = TextBatch("text", {3, 4});
  const auto schema = batch->schema();
  ASSERT_OK_AND_ASSIGN(const auto encoder, RecordEncoder::Make(schema));
  ASSERT_OK_AND_ASSIGN(const auto records, EncodeAll(encoder, *batch));
  batch.reset();
  ASSERT_OK_AND_ASSIGN(const auto read, ReadOne(records[0], schema));
  EXPECT_TRUE(read->Equals(*TextBatch("text", {3, 4})));
}

TEST(RecordEncoder, SplitsUnevenRowsInOrder) {
  constexpr int64_t kTarget = 10'000;
  std::vector<int64_t> lengths(100, 10);
  lengths[3] = 9'000;
  lengths[4] = 9'000;
  lengths[97] = 50'000;  // above the target, and alone it still goes
  const auto batch = TextBatch("text", lengths);
  ASSERT_OK_AND_ASSIGN(const auto encoder,
                       RecordEncoder::Make(batch->schema(), {.target_bytes = kTarget}));
  ASSERT_OK_AND_ASSIGN(const auto records, EncodeAll(encoder, *batch));
  int64_t row = 0;
  for (const auto& record : records) {
    SCOPED_TRACE(row);
    ASSERT_OK_AND_ASSIGN(const auto read, ReadOne(record, batch->schema()));
    EXPECT_TRUE(read->Equals(*batch->Slice(row, record.rows)));
    if (record.size_bytes > kTarget) {
      EXPECT_EQ(record.rows, 1);
      EXPECT_EQ(row, 97);
    }
    row += record.rows;
  }
  EXPECT_EQ(row, 100);
}

TEST(RecordEncoder, DoesNotSplitMoreThanItMust) {
  const auto batch =
      TextBatch("text", std::vector<int64_t>(1000, 92));  // 104 bytes a row
  ASSERT_OK_AND_ASSIGN(const auto encoder,
                       RecordEncoder::Make(batch->schema(), {.target_bytes = 30'000}));
  ASSERT_OK_AND_ASSIGN(const auto records, EncodeAll(encoder, *batch));
  EXPECT_THAT(records, SizeIs(4));
}

TEST(RecordEncoder, DoesNotGoDownToSingleRowsWhenTheSchemaIsLarge) {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  const auto numbers = TextBatch("text", std::vector<int64_t>(100, 1))->column(1);
  for (int i = 0; i < 200; ++i) {
    fields.push_back(arrow::field("a_column_with_a_rather_long_name_" + std::to_string(i),
                                  arrow::int64()));
    columns.push_back(numbers);
  }
  const auto batch = arrow::RecordBatch::Make(arrow::schema(fields), 100, columns);
  // The schema alone has more than 20,000 bytes, the rows 160,000.
  ASSERT_OK_AND_ASSIGN(const auto encoder,
                       RecordEncoder::Make(batch->schema(), {.target_bytes = 20'000}));
  ASSERT_OK_AND_ASSIGN(const auto records, EncodeAll(encoder, *batch));
  EXPECT_GE(records.size(), 16U);
  EXPECT_LE(records.size(), 20U);
}

TEST(RecordEncoder, NamesTheRowThatIsTooLarge) {
  std::vector<int64_t> lengths(20, 10);
  lengths[13] = 70'000;
  const auto batch = TextBatch("notes", lengths);
  ASSERT_OK_AND_ASSIGN(const auto encoder,
                       RecordEncoder::Make(batch->schema(), {.target_bytes = 10'000,
                                                             .max_bytes = 50'000}));
  int64_t rows = 0;
  const auto status = encoder.Encode(*batch, [&](const EncodedRecord& record) {
    rows += record.rows;
    return arrow::Status::OK();
  });
  EXPECT_THAT(status, StatusIs(arrow::StatusCode::CapacityError,
                               AllOf(HasSubstr("row 13 "), HasSubstr("50000"),
                                     HasSubstr("notes with 700"))));
  EXPECT_LE(rows, 13) << "only rows before the large one";
}

TEST(RecordEncoder, SplitsBelowTheMaximumWhenTheSchemaIsLarge) {
  const auto batch = TextBatch(std::string(1000, 'n'), std::vector<int64_t>(100, 10));
  ASSERT_OK_AND_ASSIGN(
      const auto encoder,
      RecordEncoder::Make(batch->schema(), {.target_bytes = 1'800, .max_bytes = 1'800}));
  ASSERT_OK_AND_ASSIGN(const auto records, EncodeAll(encoder, *batch));
  int64_t rows = 0;
  for (const auto& record : records) {
    EXPECT_LE(record.size_bytes, 1'800);
    rows += record.rows;
  }
  EXPECT_EQ(rows, 100);
}

TEST(RecordEncoder, GivesNothingForABatchWithoutRows) {
  const auto batch = TextBatch("text", {});
  ASSERT_OK_AND_ASSIGN(const auto encoder, RecordEncoder::Make(batch->schema()));
  ASSERT_OK_AND_ASSIGN(const auto records, EncodeAll(encoder, *batch));
  EXPECT_THAT(records, SizeIs(0));
}

TEST(RecordEncoder, EncodesABatchWithoutAnyBytes) {
  const auto schema = arrow::schema({arrow::field("n", arrow::null())});
  const auto batch = arrow::RecordBatch::Make(
      schema, 5, arrow::ArrayVector{std::make_shared<arrow::NullArray>(5)});
  ASSERT_OK_AND_ASSIGN(const auto encoder, RecordEncoder::Make(schema));
  ASSERT_OK_AND_ASSIGN(const auto records, EncodeAll(encoder, *batch));
  ASSERT_THAT(records, SizeIs(1));
  ASSERT_OK_AND_ASSIGN(const auto read, ReadOne(records[0], schema));
  EXPECT_TRUE(read->Equals(*batch));
}

TEST(RecordEncoder, EndsWithTheFirstErrorOfTheConsumer) {
  const auto batch = TextBatch("text", std::vector<int64_t>(100, 100));
  ASSERT_OK_AND_ASSIGN(const auto encoder,
                       RecordEncoder::Make(batch->schema(), {.target_bytes = 2'000}));
  int calls = 0;
  const auto status = encoder.Encode(*batch, [&](const EncodedRecord&) {
    ++calls;
    return calls == 2 ? arrow::Status::Cancelled("gone") : arrow::Status::OK();
  });
  EXPECT_THAT(status, StatusIs(arrow::StatusCode::Cancelled, "gone"));
  EXPECT_EQ(calls, 2);
}

TEST(RecordEncoder, RefusesABatchOfOtherColumns) {
  const auto batch = TextBatch("text", {1});
  ASSERT_OK_AND_ASSIGN(const auto encoder, RecordEncoder::Make(batch->schema()));
  EXPECT_THAT(EncodeAll(encoder, *TextBatch("other", {1})),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("other")));
}

TEST(RecordEncoder, RefusesDictionariesAtAnyDepth) {
  const auto dictionary = arrow::dictionary(arrow::int32(), arrow::utf8());
  for (const auto& type :
       {dictionary, arrow::list(dictionary),
        arrow::struct_({arrow::field("x", arrow::list(dictionary))})}) {
    const auto schema = arrow::schema({arrow::field("city", type)});
    EXPECT_THAT(RecordEncoder::Make(schema),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr("column city")));
    EXPECT_THAT(EncodeSchema(*schema),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr("column city")));
  }
}

TEST(RecordEncoder, RefusesLimitsThatMakeNoSense) {
  const auto schema = arrow::schema({});
  EXPECT_THAT(RecordEncoder::Make(schema, {.target_bytes = 0}),
              StatusIs(arrow::StatusCode::Invalid));
  EXPECT_THAT(RecordEncoder::Make(schema, {.target_bytes = 10, .max_bytes = 9}),
              StatusIs(arrow::StatusCode::Invalid));
}

TEST(RecordEncoder, MayBeUsedBySeveralThreads) {
  std::mt19937 random(3);
  const auto batch = RandomBatch(SampleTypes(), 50, random);
  ASSERT_OK_AND_ASSIGN(const auto encoder, RecordEncoder::Make(batch->schema()));
  std::vector<arrow::Status> results(4);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] {
        for (int i = 0; i < 20 && result.ok(); ++i) {
          result = encoder.Encode(*batch, [&](const EncodedRecord& record) {
            return ReadOne(record, batch->schema()).status();
          });
        }
      });
    }
  }
  for (const auto& result : results) EXPECT_OK(result);
}

}  // namespace
}  // namespace cq
