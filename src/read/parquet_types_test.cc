#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/column_writer.h>
#include <parquet/file_writer.h>

#include <cstring>
#include <string>
#include <vector>

#include "cloudquery/schema/extension_types.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "read/mapping_cases.h"
#include "read/parquet_files.h"
#include "store/fault.h"
#include "store/memory_store.h"

namespace s3source::testing {
namespace {

using cq::testing::StatusIs;
using parquet::LogicalType;
using parquet::Repetition;
using parquet::schema::GroupNode;
using parquet::schema::NodePtr;
using parquet::schema::PrimitiveNode;
using ::testing::HasSubstr;
using ArrayPtr = std::shared_ptr<arrow::Array>;

void ExpectColumn(const arrow::Table& table, const ArrayPtr& expected) {
  EXPECT_TRUE(table.schema()->field(0)->type()->Equals(*expected->type()))
      << "expected " << expected->type()->ToString() << " but got "
      << table.schema()->field(0)->type()->ToString();
  const arrow::ChunkedArray whole(expected);
  EXPECT_TRUE(table.column(0)->Equals(whole))
      << "expected " << whole.ToString() << "\nbut got " << table.column(0)->ToString();
}

TEST(ParquetTypes, GiveEveryMappedTypeThatAStoredArrowSchemaNames) {
  MemoryStore store;
  for (const MappingCase& c : MappingCases()) {
    if (!c.in_parquet) continue;
    SCOPED_TRACE(c.name);
    ASSERT_OK_AND_ASSIGN(std::string bytes, WriteParquet(*OneColumn(c.source)));
    const Object object = store.Put("a.parquet", bytes);
    ASSERT_OK_AND_ASSIGN(auto table, ReadObject(store, object));
    ExpectColumn(*table, c.expected);
  }
}

TEST(ParquetTypes, SurviveBatchesOfAnySize) {
  MemoryStore store;
  for (const MappingCase& c : MappingCases()) {
    if (!c.in_parquet) continue;
    for (int64_t rows : {1, 2, 3}) {
      SCOPED_TRACE(c.name + ", " + std::to_string(rows) + " rows at once");
      WriteOptions write;
      write.row_group_rows = 3;
      ASSERT_OK_AND_ASSIGN(std::string bytes, WriteParquet(*OneColumn(c.source), write));
      ReadOptions options;
      options.batch_rows = rows;
      ASSERT_OK_AND_ASSIGN(auto table,
                           ReadObject(store, store.Put("a.parquet", bytes), options));
      ExpectColumn(*table, c.expected);
    }
  }
}

template <typename Type>
std::string OneRawColumn(const NodePtr& node,
                         const std::vector<typename Type::c_type>& values,
                         const std::vector<int16_t>& levels) {
  return WriteRawParquet({node}, [&](parquet::RowGroupWriter& group) {
    auto* column = static_cast<parquet::TypedColumnWriter<Type>*>(group.NextColumn());
    column->WriteBatch(static_cast<int64_t>(levels.size()), levels.data(), nullptr,
                       values.data());
    column->Close();
  });
}

parquet::ByteArray Bytes(const char* text) {
  return {static_cast<uint32_t>(std::strlen(text)),
          reinterpret_cast<const uint8_t*>(text)};
}

parquet::FixedLenByteArray Fixed(const char* bytes) {
  return parquet::FixedLenByteArray(reinterpret_cast<const uint8_t*>(bytes));
}

NodePtr Column(std::shared_ptr<const LogicalType> logical, parquet::Type::type physical,
               int length = -1) {
  return PrimitiveNode::Make("c", Repetition::OPTIONAL, std::move(logical), physical,
                             length);
}

struct RawCase {
  const char* what;
  std::string file;
  ArrayPtr expected;
};

std::vector<RawCase> TextAndBytes() {
  const std::vector<parquet::ByteArray> values = {Bytes("{}"), Bytes("[1]")};
  const auto text = [&](std::shared_ptr<const LogicalType> logical) {
    return OneRawColumn<parquet::ByteArrayType>(
        Column(std::move(logical), parquet::Type::BYTE_ARRAY), values, {1, 0, 1});
  };
  const ArrayPtr utf8 = Make(arrow::utf8(), R"(["{}", null, "[1]"])");
  const ArrayPtr binary = Make(arrow::binary(), R"(["{}", null, "[1]"])");
  const std::vector<parquet::FixedLenByteArray> uuids = {Fixed("0123456789abcdef")};
  const auto fixed = [&](std::shared_ptr<const LogicalType> logical, int length) {
    return OneRawColumn<parquet::FLBAType>(
        Column(std::move(logical), parquet::Type::FIXED_LEN_BYTE_ARRAY, length), uuids,
        {1, 0});
  };
  return {
      {"STRING", text(LogicalType::String()), utf8},
      {"ENUM", text(LogicalType::Enum()), utf8},
      {"JSON", text(LogicalType::JSON()), utf8},
      {"BSON", text(LogicalType::BSON()), binary},
      {"BYTE_ARRAY", text(LogicalType::None()), binary},
      {"GEOMETRY", text(LogicalType::Geometry()), binary},
      {"GEOGRAPHY", text(LogicalType::Geography()), binary},
      {"UUID", fixed(LogicalType::UUID(), 16),
       Make(cq::Uuid(), R"(["0123456789abcdef", null])")},
      {"FIXED_LEN_BYTE_ARRAY", fixed(LogicalType::None(), 5),
       Make(arrow::binary(), R"(["01234", null])")},
      {"INTERVAL", fixed(LogicalType::Interval(), 12),
       Make(arrow::binary(), R"(["0123456789ab", null])")},
      {"FLOAT16",
       OneRawColumn<parquet::FLBAType>(
           Column(LogicalType::Float16(), parquet::Type::FIXED_LEN_BYTE_ARRAY, 2),
           {Fixed("\x00\x3c")}, {1, 0}),
       Make(arrow::float32(), "[1.0, null]")},
      {"DECIMAL of bytes",
       OneRawColumn<parquet::ByteArrayType>(
           Column(LogicalType::Decimal(20, 2), parquet::Type::BYTE_ARRAY),
           {Bytes("\x01\x01")}, {1, 0}),
       Make(arrow::decimal128(20, 2), R"(["2.57", null])")},
  };
}

std::vector<RawCase> Numbers() {
  using Unit = LogicalType::TimeUnit;
  const auto int32 = [](std::shared_ptr<const LogicalType> logical) {
    return OneRawColumn<parquet::Int32Type>(
        Column(std::move(logical), parquet::Type::INT32), {7, -1}, {1, 0, 1});
  };
  const auto int64 = [](std::shared_ptr<const LogicalType> logical) {
    return OneRawColumn<parquet::Int64Type>(
        Column(std::move(logical), parquet::Type::INT64), {7, -1}, {1, 0, 1});
  };
  const auto timestamp = [&](bool utc, Unit::unit unit) {
    return int64(LogicalType::Timestamp(utc, unit));
  };
  const std::string signs = "[7, null, -1]";
  using arrow::TimeUnit;
  return {
      {"INT32", int32(LogicalType::None()), Make(arrow::int32(), signs)},
      {"UNKNOWN",
       OneRawColumn<parquet::Int32Type>(Column(LogicalType::Null(), parquet::Type::INT32),
                                        {}, {0, 0}),
       Make(arrow::utf8(), "[null, null]")},
      {"INT(8)", int32(LogicalType::Int(8, true)), Make(arrow::int8(), signs)},
      {"UINT(32)", int32(LogicalType::Int(32, false)),
       Make(arrow::uint32(), "[7, null, 4294967295]")},
      {"UINT(64)", int64(LogicalType::Int(64, false)),
       Make(arrow::uint64(), "[7, null, 18446744073709551615]")},
      {"DATE", int32(LogicalType::Date()), Make(arrow::date32(), signs)},
      {"DECIMAL of INT32", int32(LogicalType::Decimal(9, 2)),
       Make(arrow::decimal128(9, 2), R"(["0.07", null, "-0.01"])")},
      {"DECIMAL of INT64", int64(LogicalType::Decimal(18, 1)),
       Make(arrow::decimal128(18, 1), R"(["0.7", null, "-0.1"])")},
      {"local TIMESTAMP of ms", timestamp(false, Unit::MILLIS),
       Make(arrow::timestamp(TimeUnit::MILLI), signs)},
      {"TIMESTAMP of us", timestamp(true, Unit::MICROS),
       Make(arrow::timestamp(TimeUnit::MICRO, "UTC"), signs)},
      {"TIMESTAMP of ns", timestamp(true, Unit::NANOS),
       Make(arrow::timestamp(TimeUnit::NANO, "UTC"), signs)},
      {"BOOLEAN",
       WriteRawParquet({Column(LogicalType::None(), parquet::Type::BOOLEAN)},
                       [](parquet::RowGroupWriter& group) {
                         const bool values[] = {true, false};
                         const int16_t levels[] = {1, 0, 1};
                         static_cast<parquet::BoolWriter*>(group.NextColumn())
                             ->WriteBatch(3, levels, nullptr, values);
                       }),
       Make(arrow::boolean(), "[true, null, false]")},
      // Julian day 2440588 is 1970-01-01; the first two words are nanoseconds of the day.
      {"INT96",
       OneRawColumn<parquet::Int96Type>(
           Column(LogicalType::None(), parquet::Type::INT96),
           {parquet::Int96{{5, 0, 2440589}}, parquet::Int96{{0, 0, 2440587}}}, {1, 0, 1}),
       Make(arrow::timestamp(TimeUnit::NANO, "UTC"),
            "[86400000000005, null, -86400000000000]")},
  };
}

TEST(ParquetTypes, GiveWhatTheTypesOfParquetMean) {
  MemoryStore store;
  for (const auto& cases : {TextAndBytes(), Numbers()}) {
    for (const RawCase& c : cases) {
      SCOPED_TRACE(c.what);
      ASSERT_OK_AND_ASSIGN(auto table, ReadObject(store, store.Put("a.parquet", c.file)));
      ExpectColumn(*table, c.expected);
      EXPECT_TRUE(table->schema()->field(0)->nullable());
    }
  }
}

TEST(ParquetTypes, GiveTextInListsOfEnumsAndInstantsInInt96) {
  const NodePtr list = GroupNode::Make(
      "c", Repetition::REQUIRED,
      {GroupNode::Make(
          "list", Repetition::REPEATED,
          {PrimitiveNode::Make("element", Repetition::REQUIRED, LogicalType::Enum(),
                               parquet::Type::BYTE_ARRAY)})},
      LogicalType::List());
  const std::string file = WriteRawParquet({list}, [](parquet::RowGroupWriter& group) {
    const parquet::ByteArray values[] = {Bytes("a"), Bytes("b"), Bytes("c")};
    const int16_t definition[] = {1, 1, 0, 1};
    const int16_t repetition[] = {0, 1, 0, 0};
    static_cast<parquet::ByteArrayWriter*>(group.NextColumn())
        ->WriteBatch(4, definition, repetition, values);
  });
  MemoryStore store;
  ASSERT_OK_AND_ASSIGN(auto table, ReadObject(store, store.Put("a.parquet", file)));
  ExpectColumn(*table, Make(arrow::list(arrow::field("element", arrow::utf8(), false)),
                            R"([["a", "b"], [], ["c"]])"));
  EXPECT_FALSE(table->schema()->field(0)->nullable());
}

TEST(ParquetTypes, GiveVariantsAsTheirParts) {
  const auto part = [](const char* name) {
    return PrimitiveNode::Make(name, Repetition::REQUIRED, LogicalType::None(),
                               parquet::Type::BYTE_ARRAY);
  };
  const NodePtr variant =
      GroupNode::Make("c", Repetition::OPTIONAL, {part("metadata"), part("value")},
                      LogicalType::Variant());
  const std::string file = WriteRawParquet({variant}, [](parquet::RowGroupWriter& group) {
    for (const char* text : {"m", "v"}) {
      const parquet::ByteArray value = Bytes(text);
      const int16_t levels[] = {1, 0};
      auto* column = static_cast<parquet::ByteArrayWriter*>(group.NextColumn());
      column->WriteBatch(2, levels, nullptr, &value);
      column->Close();
    }
  });
  MemoryStore store;
  ASSERT_OK_AND_ASSIGN(auto table, ReadObject(store, store.Put("a.parquet", file)));
  ExpectColumn(*table,
               Make(arrow::struct_({arrow::field("metadata", arrow::binary(), false),
                                    arrow::field("value", arrow::binary(), false)}),
                    R"([{"metadata": "m", "value": "v"}, null])"));
}

TEST(ParquetTypes, ReadInt96AsInstantsWhateverTheStoredSchemaSays) {
  WriteOptions write;
  write.int96 = true;
  MemoryStore store;
  ASSERT_OK_AND_ASSIGN(
      std::string bytes,
      WriteParquet(*OneColumn(Make(arrow::timestamp(arrow::TimeUnit::NANO), "[1, null]")),
                   write));
  ASSERT_OK_AND_ASSIGN(auto table, ReadObject(store, store.Put("a.parquet", bytes)));
  ExpectColumn(*table, Make(arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), "[1, null]"));
}

std::string Int96File(const std::vector<parquet::Int96>& values,
                      const std::vector<int16_t>& levels) {
  return OneRawColumn<parquet::Int96Type>(
      Column(LogicalType::None(), parquet::Type::INT96), values, levels);
}

TEST(ParquetTypes, RefuseInt96InstantsThatNanosecondsCannotExpress) {
  // Julian day numbers: 5373484 is 9999-12-31, 1721426 is 0001-01-01, 2547339 is
  // 2262-04-11.
  MemoryStore store;
  for (const uint32_t day : {5373484u, 1721426u, 1u, 0xffffffffu}) {
    SCOPED_TRACE(day);
    const std::string file = Int96File({{{0, 0, 2440588}}, {{0, 0, day}}}, {1, 0, 1});
    const auto table = ReadObject(store, store.Put("a.parquet", file));
    ASSERT_THAT(table, StatusIs(arrow::StatusCode::Invalid,
                                AllOf(HasSubstr("column c"), HasSubstr("1677 to 2262"))));
    EXPECT_EQ(ReasonOf(table.status()), FaultReason::kMalformed);
  }
  ASSERT_OK_AND_ASSIGN(
      auto table,
      ReadObject(store, store.Put("a.parquet", Int96File({{{1, 0, 2547339}}}, {1}))));
  ExpectColumn(*table, Make(arrow::timestamp(arrow::TimeUnit::NANO, "UTC"),
                            "[9223286400000000001]"));
}

TEST(ParquetTypes, ReadInt96InStreamedRowGroups) {
  std::vector<parquet::Int96> values;
  std::vector<int16_t> levels(100000, 1);
  arrow::Int64Builder expected;
  for (uint32_t row = 0; row < 100000; ++row) {
    values.push_back(parquet::Int96{{row, 0, 2440588 + row % 1000}});
    ASSERT_OK(expected.Append(int64_t{row % 1000} * 86400000000000 + row));
  }
  MemoryStore store;
  const Object object = store.Put("a.parquet", Int96File(values, levels));
  ReadOptions options;
  options.whole_object_bytes = 1000;
  options.footer_bytes = 4000;
  options.range_bytes = 128 << 10;
  options.row_group_prefetch_bytes = 256 << 10;
  ASSERT_OK_AND_ASSIGN(auto table, ReadObject(store, object, options));
  ASSERT_OK_AND_ASSIGN(auto ints, expected.Finish());
  ASSERT_OK_AND_ASSIGN(auto instants,
                       ints->View(arrow::timestamp(arrow::TimeUnit::NANO, "UTC")));
  ExpectColumn(*table, instants);
  int64_t bytes = 0;
  for (const auto& request : store.requests()) bytes += request.range.length;
  EXPECT_LE(bytes, object.size_bytes);

  values.back() = parquet::Int96{{0, 0, 5373484}};
  const auto refused =
      ReadObject(store, store.Put("a.parquet", Int96File(values, levels)), options);
  EXPECT_EQ(ReasonOf(refused.status()), FaultReason::kMalformed);
  EXPECT_THAT(refused, StatusIs(arrow::StatusCode::Invalid, HasSubstr("1677 to 2262")));
}

TEST(ParquetTypes, RefuseTextThatIsNotUtf8) {
  for (const auto& logical : {LogicalType::String(), LogicalType::Enum()}) {
    SCOPED_TRACE(logical->ToString());
    const std::string file = OneRawColumn<parquet::ByteArrayType>(
        Column(logical, parquet::Type::BYTE_ARRAY), {Bytes("ok"), Bytes("\xff")}, {1, 1});
    MemoryStore store;
    const auto table = ReadObject(store, store.Put("dir/a.parquet", file));
    ASSERT_THAT(table, StatusIs(arrow::StatusCode::Invalid,
                                AllOf(HasSubstr("s3://bucket/dir/a.parquet"),
                                      HasSubstr("column c"), HasSubstr("UTF8"))));
    EXPECT_EQ(ReasonOf(table.status()), FaultReason::kMalformed);
  }
}

TEST(ParquetTypes, KeepCloudQuerysExtensionTypesAndFlagsOfAStoredSchema) {
  const auto declared = [](const char* name, const std::string& extension,
                           const std::shared_ptr<arrow::DataType>& storage) {
    return arrow::field(
        name, storage, true,
        arrow::key_value_metadata(
            {"ARROW:extension:name", "ARROW:extension:metadata", "cq:extension:unique"},
            {extension, extension + "-serialized", "true"}));
  };
  const ArrayPtr ids =
      Make(arrow::fixed_size_binary(16), R"(["0123456789abcdef", null])");
  const ArrayPtr texts = Make(arrow::binary(), R"(["{}", null])");
  const auto table = arrow::Table::Make(
      arrow::schema(
          {declared("id", "uuid", ids->type()), declared("doc", "json", texts->type())},
          arrow::key_value_metadata({"cq:table_name"}, {"stale"})),
      {ids, texts});
  ASSERT_OK_AND_ASSIGN(std::string bytes, WriteParquet(*table));
  MemoryStore store;
  ASSERT_OK_AND_ASSIGN(auto read, ReadObject(store, store.Put("a.parquet", bytes)));
  const auto unique = arrow::key_value_metadata({"cq:extension:unique"}, {"true"});
  EXPECT_TRUE(read->schema()->Equals(
      *arrow::schema({arrow::field("id", cq::Uuid(), true, unique),
                      arrow::field("doc", cq::Json(), true, unique)}),
      /*check_metadata=*/true))
      << read->schema()->ToString(true);
  EXPECT_FALSE(read->schema()->HasMetadata());
  EXPECT_TRUE(read->column(0)->chunk(0)->Equals(
      *Make(cq::Uuid(), R"(["0123456789abcdef", null])")));
  EXPECT_TRUE(read->column(1)->chunk(0)->Equals(*Make(cq::Json(), R"(["{}", null])")));
}

TEST(ParquetTypes, RefuseValuesThatAreNotOfTheExtensionTypeOfTheirColumn) {
  const auto declared = arrow::field(
      "doc", arrow::binary(), true,
      arrow::key_value_metadata({"ARROW:extension:name", "ARROW:extension:metadata"},
                                {"inet", "inet-serialized"}));
  const ArrayPtr addresses = Make(arrow::binary(), R"(["10.0.0.0/8", "10.0.0.1"])");
  const auto table = arrow::Table::Make(arrow::schema({declared}), {addresses});
  ASSERT_OK_AND_ASSIGN(std::string bytes, WriteParquet(*table));
  MemoryStore store;
  const auto read = ReadObject(store, store.Put("a.parquet", bytes));
  ASSERT_THAT(read, StatusIs(arrow::StatusCode::Invalid,
                             AllOf(HasSubstr("column doc"), HasSubstr("'10.0.0.1'"))));
  EXPECT_EQ(ReasonOf(read.status()), FaultReason::kMalformed);
}

TEST(ParquetTypes, ReadEveryCodecEncodingAndPageVersion) {
  std::string numbers = "[", words = "[";
  for (int i = 0; i < 2000; ++i) {
    const std::string comma = i == 0 ? "" : ", ";
    numbers += comma + (i % 7 == 0 ? "null" : std::to_string(i * i));
    words += comma + (i % 5 == 0 ? "null" : "\"word " + std::to_string(i % 300) + "\"");
  }
  const ArrayPtr ints = Make(arrow::int64(), numbers + "]");
  const ArrayPtr texts = Make(arrow::utf8(), words + "]");
  using parquet::Compression;
  using parquet::Encoding;
  using Builder = parquet::WriterProperties::Builder;
  struct Case {
    std::string what;
    ArrayPtr column;
    std::function<void(Builder&)> properties;
  };
  std::vector<Case> cases;
  for (const auto codec : {Compression::UNCOMPRESSED, Compression::SNAPPY,
                           Compression::GZIP, Compression::BROTLI, Compression::ZSTD,
                           Compression::LZ4, Compression::LZ4_HADOOP}) {
    for (const auto version :
         {parquet::ParquetDataPageVersion::V1, parquet::ParquetDataPageVersion::V2}) {
      for (const ArrayPtr& column : {ints, texts}) {
        cases.push_back(
            {"codec " + std::to_string(codec), column, [codec, version](Builder& b) {
               b.compression(codec)->data_page_version(version);
             }});
      }
    }
  }
  for (const auto& [encoding, column] : std::vector<std::pair<Encoding::type, ArrayPtr>>{
           {Encoding::PLAIN, ints},
           {Encoding::PLAIN, texts},
           {Encoding::DELTA_BINARY_PACKED, ints},
           {Encoding::BYTE_STREAM_SPLIT, ints},
           {Encoding::DELTA_LENGTH_BYTE_ARRAY, texts},
           {Encoding::DELTA_BYTE_ARRAY, texts}}) {
    for (const auto version :
         {parquet::ParquetDataPageVersion::V1, parquet::ParquetDataPageVersion::V2}) {
      cases.push_back(
          {EncodingToString(encoding), column, [e = encoding, version](Builder& b) {
             b.disable_dictionary()->encoding(e)->data_page_version(version);
           }});
    }
  }
  MemoryStore store;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    WriteOptions write;
    write.properties = c.properties;
    ASSERT_OK_AND_ASSIGN(std::string bytes, WriteParquet(*OneColumn(c.column), write));
    ReadOptions options;
    options.batch_rows = 700;
    ASSERT_OK_AND_ASSIGN(auto table,
                         ReadObject(store, store.Put("a.parquet", bytes), options));
    ExpectColumn(*table, c.column);
  }
}

}  // namespace
}  // namespace s3source::testing
