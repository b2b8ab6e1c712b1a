#include "store/retry_budget.h"

#include <gtest/gtest.h>

namespace s3source {
namespace {

using std::chrono::milliseconds;

RetryBudget Budget(int64_t retries) {
  return RetryBudget({retries, milliseconds(500), milliseconds(4000)});
}

TEST(RetryBudget, AllowsAsManyAttemptsMoreAsRetries) {
  for (const int64_t retries : {0, 1, 8}) {
    SCOPED_TRACE(retries);
    RetryBudget budget = Budget(retries);
    int64_t attempts = 1;
    while (budget.Spend()) ++attempts;
    EXPECT_EQ(attempts, retries + 1);
    EXPECT_FALSE(budget.Spend());
  }
}

TEST(RetryBudget, PausesGrowUpToTheLongest) {
  RetryBudget budget = Budget(100);
  EXPECT_EQ(budget.Pause(1), milliseconds(0)) << "nothing has failed";
  for (const int most : {500, 1000, 2000, 4000, 4000}) {
    budget.Spend();
    EXPECT_EQ(budget.Pause(1), milliseconds(most));
    EXPECT_EQ(budget.Pause(0.5), milliseconds(most / 2));
    EXPECT_EQ(budget.Pause(0), milliseconds(0));
  }
  for (int i = 0; i < 90; ++i) budget.Spend();
  EXPECT_EQ(budget.Pause(1), milliseconds(4000)) << "no overflow";
}

}  // namespace
}  // namespace s3source
