// Our encoding against that of the Go SDK, in both directions.
#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/extension_type.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cloudquery/plugin/v3/plugin.pb.h"
#include "cloudquery/schema/extension_types.h"
#include "cloudquery/schema/table.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/golden_files.h"
#include "cloudquery/wire/ipc.h"
#include "cloudquery/wire/sample_batches.h"

namespace cq {
namespace {

using testing::As;
using testing::GoldenBytes;
using testing::GoldenJson;
using testing::GoldenText;
using ::testing::SizeIs;
using testing::StatusIs;

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenStock(
    std::shared_ptr<arrow::Buffer> stream) {
  return arrow::ipc::RecordBatchStreamReader::Open(
      std::make_shared<arrow::io::BufferReader>(std::move(stream)));
}

void ExpectSameOnTheWire(const std::shared_ptr<arrow::Buffer>& ours,
                         const std::shared_ptr<arrow::Buffer>& theirs) {
  ASSERT_OK_AND_ASSIGN(const auto our_reader, OpenStock(ours));
  ASSERT_OK_AND_ASSIGN(const auto their_reader, OpenStock(theirs));
  EXPECT_TRUE(
      our_reader->schema()->Equals(*their_reader->schema(), /*check_metadata=*/true))
      << our_reader->schema()->ToString(true) << "\n---\n"
      << their_reader->schema()->ToString(true);
  ASSERT_OK_AND_ASSIGN(const auto our_batches, our_reader->ToRecordBatches());
  ASSERT_OK_AND_ASSIGN(const auto their_batches, their_reader->ToRecordBatches());
  ASSERT_EQ(our_batches.size(), their_batches.size());
  for (size_t i = 0; i < our_batches.size(); ++i) {
    EXPECT_TRUE(our_batches[i]->Equals(*their_batches[i], /*check_metadata=*/true))
        << our_batches[i]->ToString() << "\n---\n"
        << their_batches[i]->ToString();
  }
}

arrow::Result<std::shared_ptr<arrow::Schema>> SchemaOfTable(
    const std::shared_ptr<arrow::Buffer>& stream) {
  ARROW_ASSIGN_OR_RAISE(const auto decoded, DecodeSchema(stream));
  ARROW_ASSIGN_OR_RAISE(const auto table, FromArrowSchema(*decoded));
  return ToArrowSchema(table);
}

TEST(GoldenSchemas, ComeOutAsTheyWentIn) {
  for (const char* name : {"all_types", "simple_no_cqid", "simple_with_cqid", "state"}) {
    SCOPED_TRACE(name);
    const auto golden = GoldenBytes(std::string(name) + ".schema.bin");
    ASSERT_OK_AND_ASSIGN(const auto schema, SchemaOfTable(golden));
    ASSERT_OK_AND_ASSIGN(const auto encoded, EncodeSchema(*schema));
    ExpectSameOnTheWire(encoded, golden);
  }
}

TEST(GoldenSchemas, AreReadWithFlagsAndTypes) {
  ASSERT_OK_AND_ASSIGN(const auto schema,
                       DecodeSchema(GoldenBytes("all_types.schema.bin")));
  ASSERT_OK_AND_ASSIGN(const auto table, FromArrowSchema(*schema));
  EXPECT_EQ(table.name, "all_types");
  EXPECT_TRUE(table.is_incremental);
  EXPECT_EQ(table.pk_constraint_name, "all_types_cqpk");
  EXPECT_EQ(table.permissions_needed,
            (std::vector<std::string>{"s3:GetObject", "s3:ListBucket"}));
  EXPECT_EQ(table.sensitive_columns, std::vector<std::string>{"json"});
  ASSERT_THAT(table.columns, SizeIs(44));
  const auto column = [&](std::string_view name) {
    for (const auto& c : table.columns) {
      if (c.name == name) return c;
    }
    return Column{};
  };
  EXPECT_TRUE(column("pk_i64").primary_key);
  EXPECT_TRUE(column("pk_i64").not_null);
  EXPECT_TRUE(column("pk_i64").incremental_key);
  EXPECT_TRUE(column("uniq_str").unique);
  EXPECT_TRUE(column("pkc_str").primary_key_component);
  EXPECT_FALSE(column("json").type_schema.empty());
  EXPECT_TRUE(column("uuid").type->Equals(*Uuid()));
  EXPECT_TRUE(column("json").type->Equals(*Json()));
  EXPECT_TRUE(column("inet").type->Equals(*Inet()));
  EXPECT_TRUE(column("mac").type->Equals(*Mac()));
  EXPECT_TRUE(column("list_uuid").type->Equals(*arrow::list(Uuid())));
}

TEST(GoldenSchemas, ChangedByTheCliAreRead) {
  const struct {
    const char* file;
    bool primary_key;
  } cases[] = {
      {"simple_with_cqid.cli_overwrite", true},
      {"simple_with_cqid.cli_overwrite_pkmode_cqid", true},
      {"simple_with_cqid.cli_append", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.file);
    ASSERT_OK_AND_ASSIGN(const auto schema,
                         DecodeSchema(GoldenBytes(std::string(c.file) + ".schema.bin")));
    ASSERT_OK_AND_ASSIGN(const auto table, FromArrowSchema(*schema));
    EXPECT_EQ(table.name, "data_2024");
    ASSERT_THAT(table.columns, SizeIs(6));
    EXPECT_EQ(table.columns[0].name, kCqSyncTime);
    EXPECT_EQ(table.columns[1].name, kCqSourceName);
    for (const auto& column : table.columns) {
      EXPECT_EQ(column.primary_key, c.primary_key && column.name == kCqId) << column.name;
    }
  }
}

TEST(GoldenRecords, ComeOutAsTheyWentIn) {
  for (const char* name : {"all_types", "simple_with_cqid", "state"}) {
    SCOPED_TRACE(name);
    const auto golden = GoldenBytes(std::string(name) + ".record.bin");
    ASSERT_OK_AND_ASSIGN(const auto schema, SchemaOfTable(golden));
    ASSERT_OK_AND_ASSIGN(const auto batches, DecodeRecords(golden));
    ASSERT_THAT(batches, SizeIs(1));
    ASSERT_OK_AND_ASSIGN(const auto encoder, RecordEncoder::Make(schema));
    std::shared_ptr<arrow::Buffer> ours;
    ASSERT_OK(encoder.Encode(*As(schema, *batches[0]), [&](const EncodedRecord& record) {
      return arrow::ConcatenateBuffers(record.pieces).Value(&ours);
    }));
    ExpectSameOnTheWire(ours, golden);
  }
}

TEST(GoldenRecords, HaveTheValuesThatGoPrints) {
  const auto rows = GoldenJson("all_types.record.json");
  ASSERT_OK_AND_ASSIGN(const auto batches,
                       DecodeRecords(GoldenBytes("all_types.record.bin")));
  ASSERT_THAT(batches, SizeIs(1));
  const auto& batch = *batches[0];
  ASSERT_EQ(static_cast<size_t>(batch.num_rows()), rows.size());
  const auto value = [&](const char* column, int64_t row) {
    return batch.GetColumnByName(column)->GetScalar(row).ValueOrDie()->ToString();
  };
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    SCOPED_TRACE(row);
    for (int i = 0; i < batch.num_columns(); ++i) {
      const auto& name = batch.column_name(i);
      SCOPED_TRACE(name);
      ASSERT_TRUE(rows[row].contains(name));
      EXPECT_EQ(batch.column(i)->IsNull(row), rows[row][name].is_null());
    }
    for (const char* name :
         {"pk_i64", "i8", "i16", "i32", "u8", "u16", "u32", "u64", "bool"}) {
      if (rows[row][name].is_null()) continue;
      EXPECT_EQ(value(name, row), rows[row][name].dump()) << name;
    }
    for (const char* name : {"pk_str", "uniq_str", "large_string", "inet", "dec128"}) {
      if (!rows[row][name].is_null()) {
        EXPECT_EQ(value(name, row), rows[row][name].get<std::string>()) << name;
      }
    }
  }
  EXPECT_EQ(value("binary", 0), std::string("\xde\xad\x00", 3));
  EXPECT_EQ(value("date32", 1), "2024-01-02");
  EXPECT_EQ(value("ts_s", 1), "2024-01-01 00:00:01Z");
  EXPECT_EQ(value("f64", 1), "4.125");
}

TEST(GoldenRecords, MayHaveNoRows) {
  ASSERT_OK_AND_ASSIGN(const auto batches,
                       DecodeRecords(GoldenBytes("state.empty_record.bin")));
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0]->num_rows(), 0);
}

TEST(GoldenMessages, OfGetTablesAndSyncHoldTheSameStreams) {
  cloudquery::plugin::v3::GetTables_Response tables;
  ASSERT_TRUE(tables.ParseFromString(GoldenText("get_tables_response.pb")));
  ASSERT_EQ(tables.tables_size(), 2);
  for (const auto& bytes : tables.tables()) {
    const auto golden = arrow::Buffer::FromString(bytes);
    ASSERT_OK_AND_ASSIGN(const auto schema, SchemaOfTable(golden));
    ASSERT_OK_AND_ASSIGN(const auto encoded, EncodeSchema(*schema));
    ExpectSameOnTheWire(encoded, golden);
  }
  cloudquery::plugin::v3::Sync_Response insert;
  ASSERT_TRUE(insert.ParseFromString(GoldenText("all_types.sync_insert_response.pb")));
  EXPECT_EQ(insert.insert().record(), GoldenText("all_types.record.bin"));
}

TEST(EncodeSchema, EndsTheStream) {
  ASSERT_OK_AND_ASSIGN(const auto encoded,
                       EncodeSchema(*arrow::schema({arrow::field("a", arrow::int8())})));
  const std::string end("\xff\xff\xff\xff\0\0\0\0", 8);
  EXPECT_EQ(encoded->ToString().substr(encoded->size() - 8), end);
  EXPECT_EQ(encoded->size() % 8, 0);
}

TEST(Decode, RefusesBrokenBytesWithAnError) {
  const std::string golden = GoldenText("simple_with_cqid.record.bin");
  EXPECT_FALSE(DecodeSchema(arrow::Buffer::FromString("")).ok());
  EXPECT_FALSE(DecodeSchema(arrow::Buffer::FromString("not an Arrow stream")).ok());
  EXPECT_FALSE(DecodeRecords(arrow::Buffer::FromString(golden.substr(0, 2000))).ok());
}

TEST(Decode, ReadsBytesAtAnyAddress) {
  const std::string golden = GoldenText("all_types.record.bin");
  ASSERT_OK_AND_ASSIGN(const auto expected,
                       DecodeRecords(arrow::Buffer::FromString(golden)));
  for (int64_t shift = 1; shift < 8; ++shift) {
    auto shifted = arrow::Buffer::FromString(std::string(shift, 'x') + golden);
    ASSERT_OK_AND_ASSIGN(const auto batches,
                         DecodeRecords(arrow::SliceBuffer(shifted, shift)));
    ASSERT_THAT(batches, SizeIs(1));
    EXPECT_TRUE(batches[0]->Equals(*expected[0]));
  }
}

TEST(Decode, ChecksTheValuesThemselves) {
  // The text of a utf8 column, made invalid UTF-8 behind the encoder's back.
  const auto batch = testing::TextBatch("text", {8});
  ASSERT_OK_AND_ASSIGN(const auto encoder, RecordEncoder::Make(batch->schema()));
  std::string stream;
  ASSERT_OK(encoder.Encode(*batch, [&](const EncodedRecord& record) {
    for (const auto& piece : record.pieces) stream += piece->ToString();
    return arrow::Status::OK();
  }));
  stream.replace(stream.find("xxxxxxxx"), 1, "\xff");
  EXPECT_THAT(DecodeRecords(arrow::Buffer::FromString(stream)),
              StatusIs(arrow::StatusCode::Invalid));
}

}  // namespace
}  // namespace cq
