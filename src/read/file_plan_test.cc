#include "read/file_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace s3source {

void PrintTo(const ByteRange& range, std::ostream* out) {
  *out << "[" << range.offset << " +" << range.length << "]";
}

bool operator==(const ByteRange& a, const ByteRange& b) {
  return a.offset == b.offset && a.length == b.length;
}

namespace {

using Ranges = std::vector<ByteRange>;

struct Case {
  const char* what;
  Ranges wanted;
  int64_t end;
  Ranges cover;
};

TEST(CoverRanges, JoinsNeighboursAndCutsWhatIsLarge) {
  const Case cases[] = {
      {"nothing", {}, 1000, {}},
      {"one", {{4, 10}}, 1000, {{4, 10}}},
      {"neighbours", {{4, 10}, {14, 10}, {24, 5}}, 1000, {{4, 25}}},
      {"neighbours in any order", {{14, 10}, {4, 10}}, 1000, {{4, 20}}},
      {"up to the size of a range",
       {{0, 60}, {60, 40}, {100, 1}},
       1000,
       {{0, 100}, {100, 1}}},
      {"chunks are kept whole",
       {{0, 60}, {60, 60}, {120, 60}},
       1000,
       {{0, 60}, {60, 60}, {120, 60}}},
      {"a hole that is small", {{0, 20}, {30, 20}}, 1000, {{0, 50}}},
      {"a hole that is not", {{0, 20}, {31, 20}}, 1000, {{0, 20}, {31, 20}}},
      {"a hole larger than what it follows",
       {{0, 5}, {11, 20}},
       1000,
       {{0, 5}, {11, 20}}},
      {"a large chunk in equal pieces",
       {{10, 250}},
       1000,
       {{10, 83}, {93, 83}, {176, 84}}},
      {"what is held already", {{0, 10}, {50, 10}}, 50, {{0, 10}}},
      {"what is held in part", {{40, 20}}, 50, {{40, 10}}},
      {"everything is held", {{4, 10}}, 0, {}},
      {"twins", {{4, 10}, {4, 10}}, 1000, {{4, 10}}},
      {"overlaps", {{4, 10}, {8, 10}, {9, 2}}, 1000, {{4, 14}}},
      {"empty ones", {{4, 0}, {6, 3}}, 1000, {{6, 3}}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(CoverRanges(c.wanted, c.end, /*range_bytes=*/100, /*hole_bytes=*/10),
              c.cover);
  }
}

FilePlan PlanOf(const std::vector<int64_t>& part_bytes) {
  FilePlan plan{.first_row = 5, .column_bytes = 7};
  for (const int64_t bytes : part_bytes) {
    plan.parts.push_back({.rows = 10, .stored_bytes = bytes});
    plan.rows += 10;
  }
  return plan;
}

struct SplitCase {
  const char* what;
  std::vector<int64_t> part_bytes;
  int pieces;
  std::vector<size_t> parts;  ///< of each plan
};

TEST(SplitPlan, CutsBetweenPartsIntoPlansOfAboutEqualBytes) {
  const SplitCase cases[] = {
      {"no parts", {}, 2, {0}},
      {"one part", {1000}, 4, {1}},
      {"into one piece", {100, 100}, 1, {2}},
      {"in two", {100, 100, 100, 100}, 2, {2, 2}},
      {"in three", {100, 100, 100, 100, 100, 100, 100}, 3, {2, 3, 2}},
      {"as many as there are parts", {100, 100, 100}, 8, {1, 1, 1}},
      {"by bytes and not by number", {300, 100, 100, 100}, 2, {1, 3}},
      {"one part is larger than a share", {100, 5000, 100}, 3, {1, 1, 1}},
      {"too small for two", {49, 50}, 2, {2}},
      {"too small for four", {50, 50, 50}, 4, {1, 1, 1}},
      {"parts without bytes", {0, 0, 0}, 2, {3}},
  };
  for (const SplitCase& c : cases) {
    SCOPED_TRACE(c.what);
    std::vector<size_t> parts;
    int64_t row = 5;
    for (const FilePlan& plan : SplitPlan(PlanOf(c.part_bytes), c.pieces, 50)) {
      parts.push_back(plan.parts.size());
      EXPECT_EQ(plan.first_row, row);
      EXPECT_EQ(plan.rows, static_cast<int64_t>(10 * plan.parts.size()));
      EXPECT_EQ(plan.column_bytes, 7);
      row += plan.rows;
    }
    EXPECT_EQ(parts, c.parts);
  }
}

}  // namespace
}  // namespace s3source
