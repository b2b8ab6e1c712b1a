#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/column_writer.h>
#include <parquet/file_writer.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

#include "cloudquery/testing/arrow_matchers.h"
#include "read/mapping_cases.h"
#include "read/parquet_files.h"
#include "store/fault.h"
#include "store/memory_store.h"

namespace s3source::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string GoodFile(int64_t rows = 1000) {
  arrow::Int64Builder builder;
  for (int64_t row = 0; row < rows; ++row) EXPECT_OK(builder.Append(row * 7919));
  WriteOptions write;
  write.properties = [](auto& properties) {
    properties.disable_dictionary()->disable_statistics()->enable_page_checksum();
  };
  return WriteParquet(*OneColumn(builder.Finish().ValueOrDie()), write).ValueOrDie();
}

void SetFooterLength(std::string* file, uint32_t length) {
  for (int i = 0; i < 4; ++i) {
    (*file)[file->size() - 8 + i] = static_cast<char>(length >> (8 * i));
  }
}

uint32_t FooterLength(const std::string& file) {
  uint32_t length = 0;
  for (int i = 0; i < 4; ++i) {
    length |= uint32_t{static_cast<uint8_t>(file[file.size() - 8 + i])} << (8 * i);
  }
  return length;
}

void ExpectMalformed(const std::string& file, const ReadOptions& options,
                     const std::string& because) {
  MemoryStore store;
  const auto table = ReadObject(store, store.Put("dir/a\nb.parquet", file), options);
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(ReasonOf(table.status()), FaultReason::kMalformed)
      << table.status().ToString();
  EXPECT_THAT(
      table.status().message(),
      AllOf(StartsWith("s3://bucket/dir/a\\nb.parquet cannot be read as Parquet: "),
            HasSubstr(because), HasSubstr("Replace or remove")));
  EXPECT_LE(store.reads(), 2);
}

struct Case {
  const char* what;
  std::string file;
  std::string because;
};

std::vector<Case> BrokenFiles() {
  const std::string good = GoodFile();
  const uint32_t footer = FooterLength(good);
  std::vector<Case> cases = {
      {"empty", "", "too few"},
      {"magic only", "PAR1", "too few"},
      {"magic twice", "PAR1PAR1", "too few"},
      {"an empty footer", std::string("PAR1\0\0\0\0PAR1", 12), "footer"},
      {"CSV", "id,name\n1,a\n2,b\n3,c\n", "not a Parquet file"},
      {"cut in half", good.substr(0, good.size() / 2), "not a Parquet file"},
      {"the end only", good.substr(good.size() / 2), ""},
  };
  for (const uint32_t length : {uint32_t(good.size()), 0x7fffffffu, 0xffffffffu, 0u}) {
    std::string file = good;
    SetFooterLength(&file, length);
    cases.push_back({"footer length", file, "footer claims"});
  }
  std::string thrift = good;
  std::memset(thrift.data() + thrift.size() - 8 - footer, 0xff, footer);
  cases.push_back({"corrupt thrift", thrift, ""});
  std::string shifted = good;
  SetFooterLength(&shifted, footer - 3);
  cases.push_back({"a footer that starts late", shifted, ""});
  std::string checksum = good;
  checksum[200] ^= 1;
  cases.push_back({"a wrong checksum", checksum, "CRC"});
  std::string encrypted = good;
  encrypted.replace(encrypted.size() - 4, 4, "PARE");
  cases.push_back({"an encrypted footer", encrypted, "encrypted"});
  return cases;
}

TEST(MalformedObjects, AreNamedAndCostTwoRequestsAtMost) {
  ReadOptions in_ranges;
  in_ranges.whole_object_bytes = 12;
  in_ranges.footer_bytes = 100;
  for (const Case& c : BrokenFiles()) {
    SCOPED_TRACE(c.what);
    ExpectMalformed(c.file, ReadOptions{}, c.because);
    // A wrong checksum shows up in the data, behind the two requests for this footer.
    if (c.because != "CRC") ExpectMalformed(c.file, in_ranges, c.because);
  }
}

TEST(MalformedObjects, AreNotRequestedWhenTheyAreTooShort) {
  MemoryStore store;
  EXPECT_FALSE(ReadObject(store, store.Put("a.parquet", "PAR1....PAR")).ok());
  EXPECT_EQ(store.reads(), 0);
}

TEST(MalformedObjects, AreThoseBeyondTheLimits) {
  MemoryStore store;
  const std::string good = GoodFile();
  ReadOptions options;
  options.max_footer_bytes = FooterLength(good);
  ASSERT_OK(ReadObject(store, store.Put("a.parquet", good), options));
  options.max_footer_bytes -= 1;
  ExpectMalformed(good, options, "more than the limit of");

  const auto pair = Make(arrow::struct_({arrow::field("a", arrow::int32()),
                                         arrow::field("b", arrow::list(arrow::int32()))}),
                         R"([{"a": 1, "b": [2]}])");
  const std::string nested = WriteParquet(*OneColumn(pair)).ValueOrDie();
  options = ReadOptions();
  options.max_columns = 2;
  options.max_depth = 3;
  ASSERT_OK(ReadObject(store, store.Put("a.parquet", nested), options));
  options.max_columns = 1;
  ExpectMalformed(nested, options, "it has 2 columns");
  options.max_columns = 2;
  options.max_depth = 2;
  ExpectMalformed(nested, options, "nested 3 levels deep");
}

TEST(MalformedObjects, AreThoseOfTypesNoReaderNestsSoDeeply) {
  auto type = arrow::int32();
  for (int i = 0; i < 90; ++i) type = arrow::struct_({arrow::field("s", type)});
  const auto array = arrow::MakeArrayOfNull(type, 1).ValueOrDie();
  ExpectMalformed(WriteParquet(*OneColumn(array)).ValueOrDie(), ReadOptions(), "nested");
}

TEST(MalformedObjects, AreThoseWhosePagesHoldFewerRowsThanTheFooterSays) {
  std::string file = GoodFile(1000);
  // 1000 and 1001 as Thrift's compact protocol writes them: zigzag varints.
  const std::string rows = "\xd0\x0f", more = "\xd2\x0f";
  size_t changed = 0;
  for (size_t at = file.size() - 8 - FooterLength(file);
       (at = file.find(rows, at)) != std::string::npos; at += rows.size()) {
    file.replace(at, rows.size(), more);
    ++changed;
  }
  // Of the file, of its row group and of its column, and in the histogram of levels.
  ASSERT_EQ(changed, 4);
  ExpectMalformed(file, ReadOptions(), "footer announces 1001 rows");
}

TEST(MalformedObjects, NeverCrashTheReaderWhateverByteIsWrong) {
  std::mt19937 random(3);
  ReadOptions options;
  options.max_decode_bytes = 64 << 20;
  for (const MappingCase& c : MappingCases()) {
    if (!c.in_parquet) continue;
    SCOPED_TRACE(c.name);
    ASSERT_OK_AND_ASSIGN(const std::string good, WriteParquet(*OneColumn(c.source)));
    for (int round = 0; round < 50; ++round) {
      std::string file = good;
      for (size_t changes = 1 + random() % 3; changes > 0; --changes) {
        file[random() % (file.size() - 8)] = static_cast<char>(random());
      }
      MemoryStore store;
      const auto table = ReadObject(store, store.Put("a.parquet", file), options);
      if (table.ok()) continue;
      // A broken size in a page may be one that does not fit into the limit.
      EXPECT_THAT(ReasonOf(table.status()),
                  AnyOf(FaultReason::kMalformed, FaultReason::kObjectUnreadable))
          << table.status().ToString();
    }
  }
}

}  // namespace
}  // namespace s3source::testing
