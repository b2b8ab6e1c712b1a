#include "read/text_column.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/compute/api.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "read/mapping_cases.h"
#include "read/parquet_files.h"
#include "store/fault.h"
#include "store/memory_store.h"

namespace s3source::testing {
namespace {

using ::testing::HasSubstr;
using Properties = parquet::WriterProperties::Builder;

constexpr int kRows = 5000;

/// Few texts, many texts, nulls, only nulls, bytes; with or without a column of numbers.
std::shared_ptr<arrow::Table> Texts(bool with_numbers) {
  arrow::StringBuilder few, many, some, no;
  arrow::BinaryBuilder bytes;
  arrow::Int64Builder numbers;
  for (int row = 0; row < kRows; ++row) {
    const std::string number = std::to_string(row * 7919);
    EXPECT_OK(few.Append("caf\xc3\xa9 " + std::to_string(row % 7)));
    EXPECT_OK(many.Append(number + std::string(row % 50, 'x')));
    EXPECT_OK(row % 3 == 0 ? some.AppendNull() : some.Append(number));
    EXPECT_OK(no.AppendNull());
    EXPECT_OK(bytes.Append(std::string(row % 5, '\xff')));
    EXPECT_OK(numbers.Append(row));
  }
  arrow::FieldVector fields = {
      arrow::field("few", arrow::utf8(), /*nullable=*/false),
      arrow::field("many", arrow::utf8()), arrow::field("some", arrow::utf8()),
      arrow::field("no", arrow::utf8()), arrow::field("bytes", arrow::binary())};
  arrow::ArrayVector arrays = {few.Finish().ValueOrDie(), many.Finish().ValueOrDie(),
                               some.Finish().ValueOrDie(), no.Finish().ValueOrDie(),
                               bytes.Finish().ValueOrDie()};
  if (with_numbers) {
    fields.insert(fields.begin() + 2, arrow::field("number", arrow::int64()));
    arrays.insert(arrays.begin() + 2, numbers.Finish().ValueOrDie());
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

std::vector<PageForm> Forms() {
  return {
      {"dictionary", [](Properties&) {}},
      {"plain", [](Properties& p) { p.disable_dictionary(); }},
      {"small pages", [](Properties& p) { p.data_pagesize(500)->write_batch_size(64); }},
      {"a dictionary, then plain",
       [](Properties& p) {
         p.dictionary_pagesize_limit(5000)->data_pagesize(2000)->write_batch_size(64);
       }},
      {"small pages of version 2",
       [](Properties& p) {
         p.data_page_version(parquet::ParquetDataPageVersion::V2);
         p.data_pagesize(500)->write_batch_size(64);
       }},
      {"deltas",
       [](Properties& p) {
         p.disable_dictionary()->encoding(parquet::Encoding::DELTA_BYTE_ARRAY);
         p.encoding("number", parquet::Encoding::DELTA_BINARY_PACKED);
       }},
      {"lengths",
       [](Properties& p) {
         p.disable_dictionary()->encoding(parquet::Encoding::DELTA_LENGTH_BYTE_ARRAY);
         p.encoding("number", parquet::Encoding::PLAIN);
       }},
  };
}

TEST(TextColumns, AreReadFromPagesOfAnyForm) {
  MemoryStore store;
  for (const PageForm& form : Forms()) {
    for (const bool with_numbers : {true, false}) {
      const auto table = Texts(with_numbers);
      for (const int64_t row_group_rows : {1 << 20, 1000}) {
        WriteOptions write;
        write.row_group_rows = row_group_rows;
        write.properties = form.properties;
        ASSERT_OK_AND_ASSIGN(const std::string file, WriteParquet(*table, write));
        const Object object = store.Put("a.parquet", file);
        for (const int64_t batch_rows : {1 << 20, 999, 3}) {
          for (const bool streamed : {false, true}) {
            SCOPED_TRACE(::testing::Message()
                         << form.name << ", numbers " << with_numbers
                         << ", row groups of " << row_group_rows << ", batches of "
                         << batch_rows << ", streamed " << streamed);
            ReadOptions options;
            options.batch_rows = batch_rows;
            if (streamed) {
              options.whole_object_bytes = 1000;
              options.footer_bytes = 1000;
              options.row_group_prefetch_bytes = 1000;
            }
            ASSERT_OK_AND_ASSIGN(auto read, ReadObject(store, object, options));
            EXPECT_TRUE(read->Equals(*table));
          }
        }
      }
    }
  }
}

/// a to c, over and over, uncompressed.
std::string FewTexts(const std::shared_ptr<arrow::DataType>& type) {
  const auto texts = Make(arrow::utf8(), R"(["aaaa", "bbbb", "cccc", "aaaa", "bbbb",
                                            "cccc", "aaaa", "bbbb"])");
  const auto typed = arrow::compute::Cast(*texts, type).ValueOrDie();
  WriteOptions write;
  write.properties = [](Properties& p) { p.disable_statistics(); };
  return WriteParquet(*OneColumn(typed), write).ValueOrDie();
}

TEST(TextColumns, MayHaveOneValueTwiceInTheirDictionary) {
  const auto expected = Make(arrow::utf8(), R"(["aaaa", "aaaa", "cccc", "aaaa", "aaaa",
                                               "cccc", "aaaa", "aaaa"])");
  for (const auto& type : {arrow::utf8(), arrow::large_utf8(),
                           arrow::dictionary(arrow::int32(), arrow::utf8())}) {
    SCOPED_TRACE(type->ToString());
    std::string file = FewTexts(type);
    ReplaceFirst("bbbb", "aaaa", &file);
    MemoryStore store;
    ASSERT_OK_AND_ASSIGN(auto read, ReadObject(store, store.Put("a.parquet", file)));
    EXPECT_TRUE(read->column(0)->Equals(arrow::ChunkedArray(expected)))
        << read->ToString();
  }
}

TEST(TextColumns, AreMalformedWhenAnIndexLiesOutsideOfTheDictionary) {
  for (const auto& type :
       {arrow::utf8(), arrow::dictionary(arrow::int32(), arrow::utf8())}) {
    std::string file = FewTexts(type);
    // Two bits an index, one run of eight: 0, 1, 2, 0, 1, 2, 0, 1. Then 3 eight times.
    ReplaceFirst("\x02\x03\x24\x49", "\x02\x03\xff\xff", &file);
    MemoryStore store;
    const auto read = ReadObject(store, store.Put("a.parquet", file));
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(ReasonOf(read.status()), FaultReason::kMalformed);
    EXPECT_THAT(read.status().message(),
                HasSubstr("column c: a page of it holds the index 3 into a dictionary of "
                          "3 values"));
  }
}

TEST(TextColumns, AreMalformedWhenTheirTextIsNotUtf8) {
  std::string file = FewTexts(arrow::utf8());
  ReplaceFirst("bbbb", "bb\xff\x62", &file);
  MemoryStore store;
  const auto read = ReadObject(store, store.Put("a.parquet", file));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(ReasonOf(read.status()), FaultReason::kMalformed);
  EXPECT_THAT(read.status().message(), HasSubstr("column c: Invalid UTF8 sequence"));
}

TEST(TextColumns, CostMemoryByTheirRowsAndNotByTheirPages) {
  // 200 rows of one value: a file of 1 MB that holds 200 MB.
  arrow::BinaryBuilder builder;
  for (int row = 0; row < 200; ++row) {
    ASSERT_OK(builder.Append(std::string(1 << 20, 'x')));
  }
  WriteOptions write;
  write.properties = [](Properties& p) {
    p.dictionary_pagesize_limit(4 << 20)->disable_statistics();
  };
  const auto table = OneColumn(builder.Finish().ValueOrDie());
  ASSERT_OK_AND_ASSIGN(const std::string file, WriteParquet(*table, write));
  ASSERT_LT(file.size(), 2 << 20);
  MemoryStore store;
  const Object object = store.Put("a.parquet", file);
  ReadOptions options;
  options.max_decode_bytes = options.decode_bytes = 100 << 20;
  const auto read = ReadObject(store, object, options);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(ReasonOf(read.status()), FaultReason::kObjectUnreadable);
  ASSERT_OK_AND_ASSIGN(const auto whole, ReadObject(store, object));
  EXPECT_TRUE(whole->Equals(*table));
}

}  // namespace
}  // namespace s3source::testing
