#include "sync/record_slicer.h"

#include <arrow/api.h>
#include <gmock/gmock.h>

#include <numeric>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::shared_ptr<arrow::RecordBatch> Numbers(int64_t first, int64_t count) {
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < count; ++i) EXPECT_TRUE(builder.Append(first + i).ok());
  const auto array = builder.Finish().ValueOrDie();
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("n", arrow::int64())}),
                                  count, {array});
}

/// Sizes of the records, and all their values in order.
struct Collected {
  std::vector<int64_t> sizes;
  std::vector<int64_t> values;

  RecordSlicer::Consumer Consumer() {
    return [this](const arrow::RecordBatch& record) {
      sizes.push_back(record.num_rows());
      const auto& column = static_cast<const arrow::Int64Array&>(*record.column(0));
      for (int64_t i = 0; i < column.length(); ++i) values.push_back(column.Value(i));
      return arrow::Status::OK();
    };
  }
};

TEST(RecordSlicer, CrossesBatchesSoThatOnlyTheLastRecordIsShort) {
  Collected got;
  RecordSlicer slicer(500, got.Consumer());
  for (int64_t first : {0, 300, 600, 900}) {
    ASSERT_OK(slicer.Add(Numbers(first, std::min<int64_t>(300, 1001 - first))));
  }
  ASSERT_OK(slicer.Finish());
  EXPECT_THAT(got.sizes, ElementsAre(500, 500, 1));
  std::vector<int64_t> expected(1001);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(got.values, expected);
}

TEST(RecordSlicer, CutsOneBatchIntoManyRecords) {
  Collected got;
  RecordSlicer slicer(3, got.Consumer());
  ASSERT_OK(slicer.Add(Numbers(0, 7)));
  ASSERT_OK(slicer.Finish());
  EXPECT_THAT(got.sizes, ElementsAre(3, 3, 1));
  EXPECT_THAT(got.values, ElementsAre(0, 1, 2, 3, 4, 5, 6));
}

TEST(RecordSlicer, HoldsNoMoreThan16MiBBackToFillARecord) {
  Collected got;
  RecordSlicer slicer(100'000'000, got.Consumer());
  constexpr int64_t kRowsOf1MiB = (1 << 20) / sizeof(int64_t);
  for (int64_t i = 0; i < 40; ++i) {
    ASSERT_OK(slicer.Add(Numbers(i * kRowsOf1MiB, kRowsOf1MiB)));
  }
  EXPECT_THAT(got.sizes, ElementsAre(16 * kRowsOf1MiB, 16 * kRowsOf1MiB));
  ASSERT_OK(slicer.Finish());
  EXPECT_THAT(got.sizes,
              ElementsAre(16 * kRowsOf1MiB, 16 * kRowsOf1MiB, 8 * kRowsOf1MiB));
  EXPECT_EQ(got.values.back(), 40 * kRowsOf1MiB - 1);
}

TEST(RecordSlicer, GivesNoRecordForNoRows) {
  Collected got;
  RecordSlicer slicer(3, got.Consumer());
  ASSERT_OK(slicer.Add(Numbers(0, 0)));
  ASSERT_OK(slicer.Finish());
  EXPECT_THAT(got.sizes, IsEmpty());
}

TEST(RecordSlicer, PassesTheConsumersErrorOn) {
  RecordSlicer slicer(
      2, [](const arrow::RecordBatch&) { return arrow::Status::Cancelled("gone"); });
  EXPECT_TRUE(slicer.Add(Numbers(0, 2)).IsCancelled());
}

}  // namespace
}  // namespace s3source
