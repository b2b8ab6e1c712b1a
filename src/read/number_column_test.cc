#include "read/number_column.h"

#include <arrow/array.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gtest/gtest.h>
#include <parquet/file_reader.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "read/mapping_cases.h"
#include "read/parquet_files.h"
#include "store/fault.h"
#include "store/memory_store.h"

namespace s3source::testing {
namespace {

using Properties = parquet::WriterProperties::Builder;

constexpr int kRows = 3000;

std::vector<std::shared_ptr<arrow::DataType>> Types() {
  return {arrow::int32(), arrow::uint32(), arrow::int64(), arrow::uint64(),
          arrow::float32(), arrow::float64(), arrow::date32(),
          arrow::timestamp(arrow::TimeUnit::MILLI),
          arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
          arrow::timestamp(arrow::TimeUnit::NANO),
          // Of 1, 6, 8, 9 and 16 bytes.
          arrow::decimal128(2, 1), arrow::decimal128(12, 2), arrow::decimal128(18, 0),
          arrow::decimal128(20, 3), arrow::decimal128(38, 10)};
}

/// As many digits as the type has, of either sign.
std::string DecimalOf(const arrow::Decimal128Type& type, int number) {
  std::string digits;
  while (static_cast<int>(digits.size()) < type.precision()) {
    digits += std::to_string(number + 10);
  }
  digits.resize(type.precision());
  digits.insert(digits.size() - type.scale(), type.scale() > 0 ? "." : "");
  return (number % 2 == 0 ? "\"-" : "\"") + digits + "\"";
}

/// `is_null` of each row, few values or many.
std::shared_ptr<arrow::Array> Numbers(const std::shared_ptr<arrow::DataType>& type,
                                      bool few, const std::function<bool(int)>& is_null) {
  std::string json = "[";
  for (int row = 0; row < kRows; ++row) {
    if (row > 0) json += ",";
    const int number = few ? row % 9 : row * 7919 % 100003;
    if (is_null(row)) {
      json += "null";
    } else if (type->id() == arrow::Type::DECIMAL128) {
      json += DecimalOf(static_cast<const arrow::Decimal128Type&>(*type), number);
    } else {
      json += std::to_string(number);
    }
  }
  return Make(type, json + "]");
}

struct Nulls {
  const char* name;
  std::function<bool(int)> is_null;
};

/// A column of each type with few values and one with many.
std::shared_ptr<arrow::Table> AllNumbers(const std::function<bool(int)>& is_null,
                                         bool nullable) {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const auto& type : Types()) {
    for (const bool few : {true, false}) {
      fields.push_back(
          arrow::field(type->ToString() + (few ? " few" : " many"), type, nullable));
      arrays.push_back(Numbers(type, few, is_null));
    }
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

std::vector<PageForm> Forms() {
  return {
      {"dictionary", [](Properties&) {}},
      {"plain, in small pages",
       [](Properties& p) {
         p.disable_dictionary()->data_pagesize(500)->write_batch_size(64);
       }},
      {"a dictionary, then plain",
       [](Properties& p) {
         p.dictionary_pagesize_limit(2000)->data_pagesize(1000)->write_batch_size(64);
       }},
      {"Snappy, small pages of version 2",
       [](Properties& p) {
         p.data_page_version(parquet::ParquetDataPageVersion::V2);
         p.compression(parquet::Compression::SNAPPY);
         p.data_pagesize(500)->write_batch_size(64);
       }},
      {"split bytes",
       [](Properties& p) {
         p.disable_dictionary()->encoding(parquet::Encoding::BYTE_STREAM_SPLIT);
       }},
  };
}

TEST(NumberColumns, AreReadFromPagesOfAnyForm) {
  const Nulls nulls[] = {
      {"none", [](int) { return false; }},
      {"some", [](int row) { return row % 3 == 1; }},
      {"at first none", [](int row) { return row > 1500 && row % 2 == 0; }},
      {"only", [](int) { return true; }},
  };
  MemoryStore store;
  for (const Nulls& n : nulls) {
    for (const bool nullable : {true, false}) {
      const auto table = AllNumbers(n.is_null, nullable);
      if (!nullable && table->column(0)->null_count() > 0) continue;
      for (const PageForm& form : Forms()) {
        WriteOptions write;
        write.row_group_rows = 1700;
        write.properties = form.properties;
        ASSERT_OK_AND_ASSIGN(const std::string file, WriteParquet(*table, write));
        const Object object = store.Put("a.parquet", file);
        for (const int64_t batch_rows : {1 << 20, 999, 7}) {
          SCOPED_TRACE(::testing::Message()
                       << "nulls: " << n.name << ", nullable " << nullable << ", "
                       << form.name << ", batches of " << batch_rows);
          ReadOptions options;
          options.batch_rows = batch_rows;
          ASSERT_OK_AND_ASSIGN(auto read, ReadObject(store, object, options));
          for (int i = 0; i < table->num_columns(); ++i) {
            EXPECT_TRUE(read->column(i)->Equals(*table->column(i)))
                << table->field(i)->name();
          }
        }
      }
    }
  }
}

std::unique_ptr<parquet::ParquetFileReader> OpenFile(const arrow::Table& table) {
  const std::string bytes = WriteParquet(table).ValueOrDie();
  return parquet::ParquetFileReader::Open(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)));
}

bool IsRead(const std::shared_ptr<arrow::DataType>& type,
            const std::shared_ptr<arrow::DataType>& target) {
  const auto nothing = arrow::MakeEmptyArray(type).ValueOrDie();
  const auto file = OpenFile(*OneColumn(nothing));
  return MakeNumberColumn(file.get(), 0, *type, target, arrow::default_memory_pool()) !=
         nullptr;
}

TEST(NumberColumns, AreThoseOfFlatNumbersAndDecimals) {
  for (const auto& type : Types()) EXPECT_TRUE(IsRead(type, type)) << type->ToString();
  for (const auto& type :
       {arrow::int8(), arrow::uint16(), arrow::boolean(), arrow::float16(), arrow::utf8(),
        arrow::decimal256(5, 2), arrow::decimal256(50, 2),
        arrow::time32(arrow::TimeUnit::MILLI), arrow::time64(arrow::TimeUnit::MICRO),
        arrow::fixed_size_binary(8), arrow::list(arrow::int64()),
        arrow::struct_({arrow::field("a", arrow::int64())})}) {
    EXPECT_FALSE(IsRead(type, type)) << type->ToString();
  }
  EXPECT_FALSE(IsRead(arrow::int32(), arrow::int64()));
  EXPECT_FALSE(IsRead(arrow::timestamp(arrow::TimeUnit::NANO),
                      arrow::timestamp(arrow::TimeUnit::MICRO)));
}

void ExpectMalformed(const std::string& file) {
  MemoryStore store;
  const auto read = ReadObject(store, store.Put("a.parquet", file));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(ReasonOf(read.status()), FaultReason::kMalformed) << read.status().ToString();
}

TEST(NumberColumns, AreMalformedWhenAnIndexLiesOutsideOfTheDictionary) {
  const auto numbers = Make(arrow::int64(), "[10, 20, 30, 10, 20, 30, 10, 20]");
  WriteOptions write;
  write.properties = [](Properties& p) { p.disable_statistics(); };
  ASSERT_OK_AND_ASSIGN(std::string file, WriteParquet(*OneColumn(numbers), write));
  // Two bits an index, one run of eight: 0, 1, 2, 0, 1, 2, 0, 1. Then 3 eight times.
  ReplaceFirst("\x02\x03\x24\x49", "\x02\x03\xff\xff", &file);
  ExpectMalformed(file);
}

TEST(NumberColumns, AreMalformedWhenADecimalHasTooManyDigits) {
  const auto column = arrow::field("c", arrow::decimal128(2, 0), /*nullable=*/false);
  const auto numbers =
      Make(arrow::decimal128(2, 0), R"(["99", "98", "-99", "96", "95"])");
  const auto table = arrow::Table::Make(arrow::schema({column}), {numbers});
  WriteOptions write;
  write.properties = [](Properties& p) { p.disable_statistics()->disable_dictionary(); };
  ASSERT_OK_AND_ASSIGN(std::string file, WriteParquet(*table, write));
  MemoryStore store;
  ASSERT_OK_AND_ASSIGN(const auto read, ReadObject(store, store.Put("a.parquet", file)));
  EXPECT_TRUE(read->column(0)->Equals(*table->column(0)));
  ReplaceFirst("\x63\x62\x9d\x60\x5f", "\x64\x62\x9d\x60\x5f", &file);  // 100
  ExpectMalformed(file);
}

TEST(NumberColumns, AreMalformedWhenAPageEndsBeforeItsValues) {
  const auto column = arrow::field("c", arrow::int64(), /*nullable=*/false);
  const auto table = arrow::Table::Make(arrow::schema({column}),
                                        {Make(arrow::int64(), "[10, 20, 30, 40]")});
  WriteOptions write;
  write.properties = [](Properties& p) { p.disable_statistics()->disable_dictionary(); };
  ASSERT_OK_AND_ASSIGN(std::string file, WriteParquet(*table, write));
  // Thrift's doubles of the page's sizes, 32 bytes, which become 24.
  ReplaceFirst("\x15\x40\x15\x40\x2c", "\x15\x30\x15\x30\x2c", &file);
  ExpectMalformed(file);
}

}  // namespace
}  // namespace s3source::testing
