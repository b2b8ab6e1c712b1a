#include "sync/table_schemas.h"

#include <gmock/gmock.h>

#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "store/fault.h"
#include "store/memory_store.h"
#include "sync/discovery.h"
#include "sync/testing/parquet_bytes.h"

namespace s3source {
namespace {

using cq::testing::StatusIs;
using s3source::testing::Numbers;
using s3source::testing::ParquetBytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class TableSchemas : public ::testing::Test {
 protected:
  arrow::Result<cq::Tables> Read() {
    ARROW_ASSIGN_OR_RAISE(catalog_, Discover(store_, "", {}, logger_));
    ARROW_ASSIGN_OR_RAISE(const auto selected, SelectTables(catalog_, {.tables = {"*"}}));
    return ReadTableSchemas(store_, selected, ReadOptions{}, {}, logger_);
  }

  MemoryStore store_{"lake"};
  cq::RecordingLogger logger_;
  Catalog catalog_;
};

TEST_F(TableSchemas, ComeFromTheFirstObjectOfEachTable) {
  for (const char* key : {"a/1.parquet", "a/2.parquet", "b/1.parquet"}) {
    store_.Put(key, ParquetBytes(*Numbers("n", 0, 3)));
  }
  ASSERT_OK_AND_ASSIGN(const cq::Tables tables, Read());
  ASSERT_THAT(tables, SizeIs(2));
  EXPECT_EQ(tables[0].name, "a");
  EXPECT_EQ(tables[1].name, "b");
  std::vector<std::string> columns;
  for (const auto& column : tables[0].columns) columns.push_back(column.name);
  EXPECT_THAT(columns, ElementsAre("_cq_id", "_cq_parent_id", "n"));
  EXPECT_TRUE(tables[0].is_incremental);
  EXPECT_EQ(store_.reads(), 2u);
}

TEST_F(TableSchemas, PassOverObjectsThatCannotBeRead) {
  store_.Put("a/1.parquet", "a CSV file that somebody renamed");
  store_.Put("a/2.parquet", ParquetBytes(*Numbers("n", 0, 3)));
  store_.Put("b/1.parquet", "another CSV file that somebody renamed");
  ASSERT_OK_AND_ASSIGN(const cq::Tables tables, Read());
  ASSERT_THAT(tables, SizeIs(1));
  EXPECT_EQ(tables[0].name, "a");
  EXPECT_THAT(logger_.lines(cq::LogLevel::kWarn), SizeIs(3));
}

TEST_F(TableSchemas, EndWithTheStoresFailure) {
  store_.Put("a/1.parquet", ParquetBytes(*Numbers("n", 0, 3)));
  store_.FailReads("a/1.parquet", MakeFault(FaultReason::kCredentials, "no credentials"));
  EXPECT_THAT(Read(), StatusIs(arrow::StatusCode::IOError, HasSubstr("no credentials")));
}

}  // namespace
}  // namespace s3source
