#include "read/batch_size.h"

#include <gtest/gtest.h>

namespace s3source {
namespace {

constexpr int64_t kMiB = 1 << 20;

TEST(BatchSize, GrowsToTheRowsItMayHave) {
  BatchSize size(16384, 16 * kMiB);
  size.Expect(1000000, 8000000);
  EXPECT_EQ(size.rows(), 4096);
  size.Observe(4096, 4096 * 8);
  EXPECT_EQ(size.rows(), 16384);
}

TEST(BatchSize, KeepsWideRowsNearItsBytes) {
  BatchSize size(16384, 16 * kMiB);
  size.Expect(100, 100 * kMiB);
  EXPECT_EQ(size.rows(), 16);
}

TEST(BatchSize, TakesOneRowThatIsLarger) {
  BatchSize size(16384, 16 * kMiB);
  size.Expect(8, 8 * 64 * kMiB);
  EXPECT_EQ(size.rows(), 1);
}

TEST(BatchSize, BelievesWhatItSeesMoreThanTheFooter) {
  BatchSize size(16384, 16 * kMiB);
  size.Expect(1000000, 1000000);
  size.Observe(4096, 4096 * kMiB / 16);
  EXPECT_EQ(size.rows(), 256);
}

TEST(BatchSize, GrowsStepByStepAfterWideRows) {
  BatchSize size(16384, 16 * kMiB);
  size.Expect(1000000, 1000000);
  size.Observe(4096, 4096 * 16 * kMiB);
  EXPECT_EQ(size.rows(), 1);
  size.Observe(1, 8);
  EXPECT_EQ(size.rows(), 4);
  size.Observe(4, 32);
  EXPECT_EQ(size.rows(), 16);
}

TEST(BatchSize, EndsBatchesWithRecords) {
  BatchSize size(16384, 16 * kMiB, 500);
  EXPECT_EQ(size.rows(), 4000);
  size.Observe(4000, 4000);
  EXPECT_EQ(size.rows(), 16000);
  // A row group ended within a record.
  size.Observe(1234, 1234);
  EXPECT_EQ(size.rows(), 16266);
  size.Observe(16266, 16266);
  EXPECT_EQ(size.rows(), 16000);
}

TEST(BatchSize, DecodesPartsOfRecordsThatAreLarger) {
  BatchSize size(4096, 16 * kMiB, 5000);
  EXPECT_EQ(size.rows(), 4096);
  size.Observe(4096, 4096);
  EXPECT_EQ(size.rows(), 904);
  size.Observe(904, 904);
  EXPECT_EQ(size.rows(), 3616);
}

TEST(BatchSize, KeepsWideRowsNearItsBytesWithinARecord) {
  BatchSize size(16384, 16 * kMiB, 500);
  size.Expect(100, 100 * kMiB);
  EXPECT_EQ(size.rows(), 16);
}

TEST(BatchSize, IsNeverMoreThanAllowed) {
  BatchSize size(100, 16 * kMiB);
  EXPECT_EQ(size.rows(), 100);
  size.Observe(100, 100);
  EXPECT_EQ(size.rows(), 100);
}

}  // namespace
}  // namespace s3source
