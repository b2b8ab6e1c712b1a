#include "store/arrival_marks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace s3source {
namespace {

constexpr size_t kStep = ArrivalMarks::kStep;

TEST(ArrivalMarks, TellNoMoreThanHasCome) {
  for (const size_t size : {size_t{0}, size_t{10}, kStep, kStep + 8, 5 * kStep + 100}) {
    for (size_t came = 0; came <= size; came += std::max<size_t>(1, size / 7)) {
      SCOPED_TRACE(::testing::Message() << came << " of " << size);
      std::vector<uint8_t> bytes(size);
      const ArrivalMarks marks(bytes);
      std::fill_n(bytes.begin(), came, uint8_t{0xab});
      EXPECT_LE(marks.arrived(), static_cast<int64_t>(came));
      if (came + 8 <= size) {
        EXPECT_GT(marks.arrived() + int64_t{kStep} + 8, static_cast<int64_t>(came));
      }
    }
  }
}

TEST(ArrivalMarks, CountBytesThatLookLikeMarksAsNotThere) {
  std::vector<uint8_t> bytes(3 * kStep);
  const ArrivalMarks marks(bytes);
  const std::vector<uint8_t> empty = bytes;
  std::copy_n(empty.begin(), 2 * kStep + 8, bytes.begin());
  EXPECT_EQ(marks.arrived(), 0);
}

}  // namespace
}  // namespace s3source
