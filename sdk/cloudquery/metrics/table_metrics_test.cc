#include "cloudquery/metrics/table_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cq {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

class TableMetricsTest : public ::testing::Test {
 protected:
  void Pass(milliseconds time) { now_ += time; }

  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  TableMetrics metrics_{[this] { return now_; }};
};

MATCHER_P4(Figures, table, rows, errors, duration, "") {
  return arg.table == table && arg.rows == rows && arg.errors == errors &&
         arg.duration == milliseconds(duration);
}

TEST_F(TableMetricsTest, SumsRowsAndErrorsOfEachTable) {
  metrics_.AddRows("b", 500);
  metrics_.AddRows("a", 1);
  metrics_.AddRows("b", 7);
  metrics_.AddError("b");
  metrics_.AddError("b");
  EXPECT_THAT(metrics_.Figures(),
              ElementsAre(Figures("a", 1, 0, 0), Figures("b", 507, 2, 0)));
}

TEST_F(TableMetricsTest, ATableLastsFromItsBeginToTheLastThingOfIt) {
  metrics_.Begin("a");
  Pass(milliseconds(20));
  metrics_.AddRows("b", 1);
  metrics_.AddRows("a", 1);
  Pass(milliseconds(5));
  metrics_.AddError("a");
  Pass(milliseconds(1000));
  EXPECT_THAT(metrics_.Figures(),
              ElementsAre(Figures("a", 1, 1, 25), Figures("b", 1, 0, 0)));
}

TEST_F(TableMetricsTest, ASecondBeginDoesNotMoveTheFirst) {
  metrics_.Begin("a");
  Pass(milliseconds(20));
  metrics_.Begin("a");
  EXPECT_THAT(metrics_.Figures(), ElementsAre(Figures("a", 0, 0, 20)));
}

}  // namespace
}  // namespace cq
