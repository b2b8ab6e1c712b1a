#include "read/row_validity.h"

#include <arrow/buffer.h>
#include <arrow/util/bit_util.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using ::testing::HasSubstr;
using Levels = std::vector<int16_t>;

constexpr int64_t kRows = 1000;

RowValidity Make(int64_t capacity = kRows) {
  return RowValidity(capacity, arrow::default_memory_pool());
}

int64_t ValuesOf(const Levels& levels) {
  return std::count(levels.begin(), levels.end(), int16_t{1});
}

TEST(RowValidity, HasNoBitmapUntilANullComes) {
  RowValidity validity = Make();
  ASSERT_OK(validity.Append({}, 300));
  const Levels all(300, 1);
  ASSERT_OK(validity.Append(all, 300));
  EXPECT_EQ(validity.rows(), 600);
  EXPECT_EQ(validity.nulls(), 0);
  EXPECT_EQ(validity.Finish(), nullptr);
}

TEST(RowValidity, MarksEachNullHoweverPagesAreCut) {
  std::mt19937 random(20261130);
  for (int repeat = 0; repeat < 200; ++repeat) {
    RowValidity validity = Make();
    Levels rows;
    while (rows.size() < 900) {
      Levels page(random() % 90);
      const unsigned nulls = random() % 4;  // of ten
      for (int16_t& level : page) level = random() % 10 < nulls ? 0 : 1;
      const bool no_levels = nulls == 0 && repeat % 2 == 0;
      ASSERT_OK(validity.Append(no_levels ? Levels() : page, ValuesOf(page)));
      rows.insert(rows.end(), page.begin(), page.end());
    }
    ASSERT_EQ(validity.rows(), static_cast<int64_t>(rows.size()));
    EXPECT_EQ(validity.nulls(), validity.rows() - ValuesOf(rows));
    const auto bitmap = validity.Finish();
    ASSERT_NE(bitmap, nullptr);
    for (size_t row = 0; row < rows.size(); ++row) {
      ASSERT_EQ(arrow::bit_util::GetBit(bitmap->data(), static_cast<int64_t>(row)),
                rows[row] == 1)
          << "row " << row;
    }
  }
}

TEST(RowValidity, RefusesOtherNumbersOfValuesThanLevelsAnnounceAndTooManyRows) {
  RowValidity validity = Make(10);
  const Levels levels = {1, 0, 1};
  for (const int64_t values : {0, 1, 3}) {
    const arrow::Status status = validity.Append(levels, values);
    EXPECT_TRUE(status.IsInvalid());
    EXPECT_THAT(status.message(), HasSubstr("announces 2 values and holds"));
  }
  EXPECT_TRUE(validity.Append({}, 11).IsInvalid());
  EXPECT_EQ(validity.rows(), 0);
  ASSERT_OK(validity.Append({}, 10));
  EXPECT_TRUE(validity.Append({}, 1).IsInvalid());
}

}  // namespace
}  // namespace s3source
