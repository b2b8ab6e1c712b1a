#include "sync/certain_work.h"

#include <gtest/gtest.h>

#include <string>

#include "cursor/table_cursor.h"

namespace s3source {
namespace {

Object Named(const std::string& key) {
  Object object;
  object.key = key;
  return object;
}

TEST(CertainWork, HoldsWhatTheStateKnowsNothingOf) {
  const cq::TableFilter filter{.tables = {"*"}};
  const Object object = Named("a/1.parquet");
  for (const std::string& key :
       {CursorKey("lake", "a"), SchemaKey("lake", "a"), DeliveredKey("lake", "a", {}),
        DeliveredKey("lake", "a", {2, 3}), PendingKey("lake", "a", {})}) {
    cq::MemoryState state;
    EXPECT_TRUE(CertainWork(state, filter, "lake", {}).Holds("a", object));
    state.Set(key, "something");
    EXPECT_FALSE(CertainWork(state, filter, "lake", {}).Holds("a", object)) << key;
    CertainWork others(state, filter, "lake", {});
    EXPECT_TRUE(others.Holds("ab", Named("ab/1.parquet")));
    EXPECT_FALSE(others.Holds("a", object));
    EXPECT_TRUE(CertainWork(state, filter, "lake2", {}).Holds("a", object));
  }
}

TEST(CertainWork, HoldsWhatIsAskedForAndInTheShare) {
  const cq::MemoryState state;
  const cq::TableFilter filter{.tables = {"a*"}, .skip_tables = {"ab"}};
  CertainWork work(state, filter, "lake", {});
  EXPECT_TRUE(work.Holds("a", Named("a/1.parquet")));
  EXPECT_FALSE(work.Holds("ab", Named("ab/1.parquet")));
  EXPECT_FALSE(work.Holds("b", Named("b/1.parquet")));
  const Object object = Named("a/1.parquet");
  int shares = 0;
  for (int num = 1; num <= 3; ++num) {
    shares += CertainWork(state, filter, "lake", {num, 3}).Holds("a", object) ? 1 : 0;
  }
  EXPECT_EQ(shares, 1);
}

}  // namespace
}  // namespace s3source
