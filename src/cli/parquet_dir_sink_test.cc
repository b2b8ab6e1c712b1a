#include "cli/parquet_dir_sink.h"

#include <arrow/api.h>
#include <arrow/extension/uuid.h>
#include <arrow/io/file.h>
#include <gmock/gmock.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>

#include <thread>

#include "cli/testing/temp_folder.h"
#include "cloudquery/schema/extension_types.h"
#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using cq::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<arrow::Array> Int64s(const std::vector<int64_t>& values) {
  arrow::Int64Builder builder;
  return builder.AppendValues(values).ok() ? builder.Finish().ValueOrDie() : nullptr;
}

std::shared_ptr<arrow::Array> Bytes(const std::shared_ptr<arrow::DataType>& type,
                                    const std::vector<std::string>& values) {
  std::unique_ptr<arrow::ArrayBuilder> builder;
  EXPECT_OK(arrow::MakeBuilder(arrow::default_memory_pool(), type, &builder));
  for (const std::string& value : values) {
    if (type->id() == arrow::Type::BINARY) {
      EXPECT_OK(static_cast<arrow::BinaryBuilder&>(*builder).Append(value));
    } else {
      EXPECT_OK(static_cast<arrow::FixedSizeBinaryBuilder&>(*builder).Append(value));
    }
  }
  return builder->Finish().ValueOrDie();
}

cq::Table NumbersTable(bool not_null = false) {
  return {.name = "numbers", .columns = {{"n", arrow::int64(), not_null}}};
}

std::shared_ptr<arrow::RecordBatch> Numbers(const std::vector<int64_t>& values) {
  const auto length = static_cast<int64_t>(values.size());
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("n", arrow::int64())}),
                                  length, {Int64s(values)});
}

std::shared_ptr<arrow::Table> ReadBack(const std::string& path) {
  auto file = arrow::io::ReadableFile::Open(path).ValueOrDie();
  parquet::ArrowReaderProperties properties;
  properties.set_arrow_extensions_enabled(true);
  parquet::arrow::FileReaderBuilder builder;
  EXPECT_OK(builder.Open(file));
  builder.properties(properties);
  auto reader = builder.Build().ValueOrDie();
  return reader->ReadTable().ValueOrDie()->CombineChunks().ValueOrDie();
}

/// Of an extension's value.
std::string BytesOf(const arrow::Scalar& scalar) {
  const auto& storage = *static_cast<const arrow::ExtensionScalar&>(scalar).value;
  return static_cast<const arrow::BaseBinaryScalar&>(storage).value->ToString();
}

std::vector<int64_t> NumbersIn(const std::string& path) {
  std::vector<int64_t> numbers;
  const auto table = ReadBack(path);
  for (const auto& chunk : table->column(0)->chunks()) {
    const auto& values = static_cast<const arrow::Int64Array&>(*chunk);
    for (int64_t i = 0; i < values.length(); ++i) numbers.push_back(values.Value(i));
  }
  return numbers;
}

class Sink : public ::testing::Test {
 protected:
  ParquetDirSink::Options Options() { return {.folder = folder_.path(), .run = "run"}; }

  testing::TempFolder folder_;
};

TEST_F(Sink, WritesARowOnceAndInOrder) {
  ParquetDirSink sink(Options());
  ASSERT_OK(sink.MigrateTable(NumbersTable()));
  ASSERT_OK(sink.Insert("numbers", *Numbers({1, 2, 3})));
  ASSERT_OK(sink.Insert("numbers", *Numbers({})));
  ASSERT_OK(sink.Insert("numbers", *Numbers({4})->Slice(0)));
  ASSERT_OK_AND_ASSIGN(const auto files, sink.Finish());
  EXPECT_THAT(files, ElementsAre("numbers/run-1.parquet"));
  EXPECT_THAT(NumbersIn(folder_ / files[0]), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(sink.counts().rows, 4);
  EXPECT_EQ(sink.counts().tables, 1);
  EXPECT_EQ(sink.counts().bytes,
            static_cast<int64_t>(std::filesystem::file_size(folder_ / files[0])));
}

TEST_F(Sink, GivesATableWithoutRowsNoFile) {
  ParquetDirSink sink(Options());
  ASSERT_OK(sink.MigrateTable(NumbersTable()));
  ASSERT_OK_AND_ASSIGN(const auto files, sink.Finish());
  EXPECT_THAT(files, IsEmpty());
  EXPECT_THAT(folder_.Files(), IsEmpty());
}

TEST_F(Sink, BeginsAFileWhenTheColumnsChange) {
  ParquetDirSink sink(Options());
  ASSERT_OK(sink.MigrateTable(NumbersTable(true)));
  ASSERT_OK(sink.Insert("numbers", *Numbers({1})));
  ASSERT_OK(sink.MigrateTable(NumbersTable(true)));
  ASSERT_OK(sink.Insert("numbers", *Numbers({2})));
  ASSERT_OK(sink.MigrateTable(NumbersTable(false)));
  ASSERT_OK(sink.Insert("numbers", *Numbers({3})));
  ASSERT_OK_AND_ASSIGN(const auto files, sink.Finish());
  ASSERT_THAT(files, ElementsAre("numbers/run-1.parquet", "numbers/run-2.parquet"));
  EXPECT_THAT(NumbersIn(folder_ / files[0]), ElementsAre(1, 2));
  EXPECT_THAT(NumbersIn(folder_ / files[1]), ElementsAre(3));
  EXPECT_FALSE(ReadBack(folder_ / files[0])->schema()->field(0)->nullable());
  EXPECT_TRUE(ReadBack(folder_ / files[1])->schema()->field(0)->nullable());
}

TEST_F(Sink, BeginsAFileWhenOneIsLarge) {
  auto options = Options();
  options.row_group_bytes = 1;
  options.file_bytes = 1;
  ParquetDirSink sink(options);
  ASSERT_OK(sink.MigrateTable(NumbersTable()));
  ASSERT_OK(sink.Insert("numbers", *Numbers({1})));
  ASSERT_OK(sink.Insert("numbers", *Numbers({2})));
  ASSERT_OK_AND_ASSIGN(const auto files, sink.Finish());
  ASSERT_THAT(files, ElementsAre("numbers/run-1.parquet", "numbers/run-2.parquet"));
  EXPECT_THAT(NumbersIn(folder_ / files[1]), ElementsAre(2));
}

TEST_F(Sink, MakesRowGroupsOfTheSizeItWasTold) {
  auto options = Options();
  options.row_group_bytes = 2 * 8;
  ParquetDirSink sink(options);
  ASSERT_OK(sink.MigrateTable(NumbersTable()));
  for (int64_t i = 0; i < 5; ++i) ASSERT_OK(sink.Insert("numbers", *Numbers({i})));
  ASSERT_OK_AND_ASSIGN(const auto files, sink.Finish());
  ASSERT_THAT(files, ElementsAre("numbers/run-1.parquet"));
  const auto reader = parquet::ParquetFileReader::OpenFile(folder_ / files[0]);
  EXPECT_EQ(reader->metadata()->num_row_groups(), 3);
  EXPECT_THAT(NumbersIn(folder_ / files[0]), ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(Sink, WritesTheLargestTableWhenTooMuchWaits) {
  auto options = Options();
  options.waiting_bytes = 4 * 8;
  ParquetDirSink sink(options);
  auto other = NumbersTable();
  other.name = "other";
  ASSERT_OK(sink.MigrateTable(NumbersTable()));
  ASSERT_OK(sink.MigrateTable(other));
  ASSERT_OK(sink.Insert("numbers", *Numbers({1, 2, 3})));
  ASSERT_OK(sink.Insert("other", *Numbers({1})));
  EXPECT_THAT(folder_.Files(), IsEmpty());
  ASSERT_OK(sink.Insert("other", *Numbers({2})));
  EXPECT_THAT(folder_.Files(), ElementsAre("numbers/run-1.parquet"));
  ASSERT_OK(sink.Finish());
  EXPECT_THAT(NumbersIn(folder_ / "other/run-1.parquet"), ElementsAre(1, 2));
}

TEST_F(Sink, WritesCloudQuerysTypesAsParquetsOwn) {
  const std::string id = "0123456789abcdef";
  const auto list_of_ids = arrow::list(arrow::field("item", cq::Uuid()));
  const auto text = Bytes(arrow::binary(), {R"({"a":1})"});
  const auto ids = Bytes(arrow::fixed_size_binary(16), {id});
  const auto as = [](const std::shared_ptr<arrow::DataType>& type,
                     const std::shared_ptr<arrow::Array>& storage) {
    return arrow::ExtensionType::WrapArray(type, storage);
  };
  const auto list = std::make_shared<arrow::ListArray>(
      list_of_ids, 1, arrow::Buffer::FromVector(std::vector<int32_t>{0, 1}),
      as(cq::Uuid(), ids));
  const cq::Table table{
      .name = "t",
      .columns = {{cq::kCqId, cq::Uuid(), true},
                  {"j", cq::Json()},
                  {"i", cq::Inet()},
                  {"m", cq::Mac()},
                  {"l", list_of_ids},
                  {"d", arrow::duration(arrow::TimeUnit::SECOND)},
                  {"z", arrow::timestamp(arrow::TimeUnit::MICRO, "Europe/Berlin")}}};
  const auto schema = arrow::schema(
      {arrow::field(cq::kCqId, cq::Uuid()), arrow::field("j", cq::Json()),
       arrow::field("i", cq::Inet()), arrow::field("m", cq::Mac()),
       arrow::field("l", list_of_ids), arrow::field("d", table.columns[5].type),
       arrow::field("z", table.columns[6].type)});
  const auto batch = arrow::RecordBatch::Make(
      schema, 1,
      {as(cq::Uuid(), ids), as(cq::Json(), text),
       as(cq::Inet(), Bytes(arrow::binary(), {"10.0.0.0/8"})),
       as(cq::Mac(), Bytes(arrow::binary(), {"\1\2\3\4\5\6"})), list,
       Int64s({90})->View(table.columns[5].type).ValueOrDie(),
       Int64s({1'700'000'000'000'000})->View(table.columns[6].type).ValueOrDie()});
  ASSERT_OK(batch->ValidateFull());

  ParquetDirSink sink(Options());
  ASSERT_OK(sink.MigrateTable(table));
  ASSERT_OK(sink.Insert("t", *batch));
  ASSERT_OK(sink.Finish());

  const std::string path = folder_ / "t/run-1.parquet";
  const auto columns = parquet::ParquetFileReader::OpenFile(path)->metadata();
  EXPECT_TRUE(columns->schema()->Column(0)->logical_type()->is_UUID());
  EXPECT_TRUE(columns->schema()->Column(1)->logical_type()->is_JSON());
  EXPECT_TRUE(columns->schema()->Column(2)->logical_type()->is_string());
  EXPECT_TRUE(columns->schema()->Column(4)->logical_type()->is_UUID());

  const auto back = ReadBack(path);
  ASSERT_OK(back->ValidateFull());
  const auto cell = [&](int column) {
    return back->column(column)->GetScalar(0).ValueOrDie();
  };
  EXPECT_TRUE(back->schema()->field(0)->type()->Equals(arrow::extension::uuid()));
  EXPECT_FALSE(back->schema()->field(0)->nullable());
  const auto stored = cell(0);
  EXPECT_EQ(BytesOf(*stored), id);
  const auto json = cell(1);
  EXPECT_EQ(BytesOf(*json), R"({"a":1})");
  EXPECT_EQ(cell(2)->ToString(), "10.0.0.0/8");
  EXPECT_TRUE(back->schema()->field(3)->type()->Equals(arrow::binary()));
  EXPECT_TRUE(back->schema()->field(5)->type()->Equals(table.columns[5].type));
  EXPECT_TRUE(back->schema()->field(6)->type()->Equals(table.columns[6].type));
}

TEST_F(Sink, RefusesRowsThatWereNotAnnounced) {
  ParquetDirSink sink(Options());
  EXPECT_THAT(sink.Insert("numbers", *Numbers({1})),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("not announced")));
  cq::Table table = NumbersTable();
  table.columns[0].type = arrow::utf8();
  ASSERT_OK(sink.MigrateTable(table));
  EXPECT_THAT(
      sink.Insert("numbers", *Numbers({1})),
      StatusIs(arrow::StatusCode::Invalid,
               AllOf(HasSubstr("numbers"), HasSubstr("int64"), HasSubstr("string"))));
}

TEST_F(Sink, NamesTheFileThatCannotBeWritten) {
  auto options = Options();
  options.row_group_bytes = 1;
  ParquetDirSink sink(options);
  folder_.Write("numbers", "in the way");
  ASSERT_OK(sink.MigrateTable(NumbersTable()));
  EXPECT_THAT(sink.Insert("numbers", *Numbers({1})),
              StatusIs(arrow::StatusCode::IOError, HasSubstr(folder_ / "numbers")));
}

TEST_F(Sink, TakesRowsOfManyTablesFromManyThreads) {
  constexpr int kTables = 20;
  constexpr int kThreads = 4;
  auto options = Options();
  options.row_group_bytes = 100;
  options.waiting_bytes = 300;
  options.file_bytes = 500;
  ParquetDirSink sink(options);
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&sink, thread] {
        for (int round = 0; round < 10; ++round) {
          for (int t = 0; t < kTables; ++t) {
            cq::Table table = NumbersTable();
            table.name = "t" + std::to_string(t);
            EXPECT_OK(sink.MigrateTable(table));
            EXPECT_OK(sink.Insert(table.name, *Numbers({thread * 10 + round})));
          }
        }
      });
    }
  }
  ASSERT_OK_AND_ASSIGN(const auto files, sink.Finish());
  std::map<std::string, std::vector<int64_t>> rows;
  for (const std::string& file : files) {
    const auto numbers = NumbersIn(folder_ / file);
    auto& all = rows[file.substr(0, file.find('/'))];
    all.insert(all.end(), numbers.begin(), numbers.end());
  }
  ASSERT_EQ(rows.size(), kTables);
  for (auto& [table, numbers] : rows) {
    SCOPED_TRACE(table);
    std::sort(numbers.begin(), numbers.end());
    ASSERT_EQ(numbers.size(), kThreads * 10);
    for (int i = 0; i < kThreads * 10; ++i) EXPECT_EQ(numbers[i], i);
  }
}

}  // namespace
}  // namespace s3source
