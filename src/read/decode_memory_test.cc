#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "read/memory_budget.h"
#include "read/object_reader.h"
#include "read/parquet_files.h"
#include "store/fault.h"
#include "store/memory_store.h"

namespace s3source::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// 100 columns of 3000 texts, each text once: the dictionaries hold 11 MB.
std::shared_ptr<arrow::Table> Wide() {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (int column = 0; column < 100; ++column) {
    arrow::StringBuilder texts;
    for (int row = 0; row < 3000; ++row) {
      const std::string number = std::to_string(column * 3000 + row);
      EXPECT_OK(texts.Append(std::string(32 - number.size(), 'x') + number));
    }
    fields.push_back(arrow::field("c" + std::to_string(column), arrow::utf8()));
    arrays.push_back(texts.Finish().ValueOrDie());
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

/// 64 MB of zeros in a file of some kB.
std::string Bomb() {
  arrow::BinaryBuilder builder;
  EXPECT_OK(builder.Append(std::string(64 << 20, '\0')));
  WriteOptions write;
  write.properties = [](auto& properties) {
    properties.disable_dictionary()->disable_statistics()->compression(
        parquet::Compression::ZSTD);
  };
  return WriteParquet(*OneColumn(builder.Finish().ValueOrDie()), write).ValueOrDie();
}

void ExpectTooLarge(const std::string& file, const ReadOptions& options,
                    const std::string& limit) {
  MemoryStore store;
  const auto table = ReadObject(store, store.Put("dir/a\nb.parquet", file), options);
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(ReasonOf(table.status()), FaultReason::kObjectUnreadable)
      << table.status().ToString();
  EXPECT_THAT(table.status().message(),
              AllOf(StartsWith("s3://bucket/dir/a\\nb.parquet "), HasSubstr(limit),
                    HasSubstr("smaller row groups"), HasSubstr("path_prefix")));
}

TEST(DecodeMemory, IsWhatTheColumnsOfAWideFileNeed) {
  const auto table = Wide();
  for (const auto codec :
       {parquet::Compression::SNAPPY, parquet::Compression::UNCOMPRESSED}) {
    for (const int64_t row_group_rows : {1000, 3000}) {
      SCOPED_TRACE(::testing::Message() << codec << ", " << row_group_rows << " rows");
      WriteOptions write;
      write.row_group_rows = row_group_rows;
      write.properties = [&](auto& properties) { properties.compression(codec); };
      ASSERT_OK_AND_ASSIGN(const std::string file, WriteParquet(*table, write));
      ReadOptions options;
      options.decode_bytes = 16 << 20;
      options.batch_bytes = 256 << 10;
      MemoryStore store;
      const Object object = store.Put("a.parquet", file);
      ASSERT_OK_AND_ASSIGN(auto read, ReadObject(store, object, options));
      EXPECT_TRUE(read->Equals(*table));
      options.whole_object_bytes = 1 << 10;
      options.row_group_prefetch_bytes = 64 << 10;
      ASSERT_OK_AND_ASSIGN(read, ReadObject(store, object, options));
      EXPECT_TRUE(read->Equals(*table));
    }
  }
}

TEST(DecodeMemory, EndsAtTheCapWhateverTheFooterSays) {
  ASSERT_OK_AND_ASSIGN(const std::string wide, WriteParquet(*Wide()));
  ReadOptions options;
  options.max_decode_bytes = 8 << 20;
  ExpectTooLarge(wide, options, "more than the limit of 8 MiB");
  const std::string bomb = Bomb();
  ASSERT_LT(bomb.size(), 100000);
  options.max_decode_bytes = 16 << 20;
  ExpectTooLarge(bomb, options, "more than the limit of 16 MiB");
  options = ReadOptions();
  MemoryStore store;
  ASSERT_OK_AND_ASSIGN(auto table, ReadObject(store, store.Put("a.parquet", bomb)));
  EXPECT_EQ(table->num_rows(), 1);
}

TEST(DecodeMemory, OfAnObjectThatNoneIsLeftForIsNoFaultOfTheObject) {
  constexpr int64_t kMiB = 1 << 20;
  const auto budget = MemoryBudget::Make(
      {.limit_bytes = 1024 * kMiB, .fetch_bytes = 1024 * kMiB, .most_bytes = 100 * kMiB});
  std::optional<DecodeTurn> turn(std::in_place, budget);
  ASSERT_TRUE(turn->Await(1, {}));
  std::jthread other([&] {
    DecodeTurn others(budget);
    EXPECT_TRUE(others.Await(60 * kMiB, {}));
    EXPECT_TRUE(budget->Grow(60 * kMiB, {})) << "when the object has given up";
  });
  while (budget->waiting() == 0) std::this_thread::yield();
  ReadOptions options;
  options.budget = budget;
  MemoryStore store;
  const auto table = ReadObject(store, store.Put("a.parquet", Bomb()), options);
  EXPECT_EQ(ReasonOf(table.status()), FaultReason::kNoMemory)
      << table.status().ToString();
  EXPECT_THAT(table.status().message(),
              AllOf(StartsWith("s3://bucket/a.parquet "), HasSubstr("beside other"),
                    HasSubstr("The next sync tries it again")));
  turn.reset();
}

}  // namespace
}  // namespace s3source::testing
