#include "cloudquery/schema/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/golden_files.h"

namespace cq {
namespace {

using ::testing::ElementsAreArray;
using testing::StatusIs;

TEST(Glob, MatchesAsTheGoSdkDoes) {
  const auto vectors = testing::GoldenJson("vectors.json");
  const auto& cases = vectors["glob"];
  ASSERT_GT(cases.size(), 10U);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.dump());
    EXPECT_EQ(
        MatchesGlob(c["Pattern"].get<std::string>(), c["Subject"].get<std::string>()),
        c["Match"].get<bool>());
  }
}

TEST(Glob, DoesNotLetTwoPartsShareText) {
  EXPECT_FALSE(MatchesGlob("ab*ba", "aba"));
  EXPECT_TRUE(MatchesGlob("ab*ba", "abba"));
  EXPECT_FALSE(MatchesGlob("*aa*aa", "aaa"));
  EXPECT_TRUE(MatchesGlob("*aa*aa", "aaaa"));
}

TEST(Filter, SelectsByNameWhatIsAskedForAndNotSkipped) {
  const TableFilter filter{.tables = {"a*", "b"}, .skip_tables = {"a_tmp"}};
  EXPECT_TRUE(Selects(filter, "a"));
  EXPECT_TRUE(Selects(filter, "b"));
  EXPECT_FALSE(Selects(filter, "a_tmp"));
  EXPECT_FALSE(Selects(filter, "c"));
}

Table Make(const std::string& name, const std::string& parent = "") {
  Table table;
  table.name = name;
  table.parent = parent;
  return table;
}

// a has the children a1 and a2, and a1 has a11; b stands alone.
Tables Family() {
  return {Make("a"), Make("a1", "a"), Make("a11", "a1"), Make("a2", "a"), Make("b")};
}

TEST(FilterTables, SelectsAsTheGoSdkDoes) {
  using Names = std::vector<std::string>;
  const struct {
    const char* what;
    TableFilter filter;
    Names expected;
  } cases[] = {
      {"nothing asked for", {}, {}},
      {"all", {.tables = {"*"}, .skip_tables = {}}, {"a", "a1", "a11", "a2", "b"}},
      {"a parent brings its children",
       {.tables = {"a"}, .skip_tables = {}},
       {"a", "a1", "a11", "a2"}},
      {"but not when they are not wanted",
       {.tables = {"a"}, .skip_tables = {}, .skip_dependent_tables = true},
       {"a"}},
      {"a child keeps its parents",
       {.tables = {"a11"}, .skip_tables = {}, .skip_dependent_tables = true},
       {"a", "a1", "a11"}},
      {"a parent kept for a child brings later children",
       {.tables = {"a1"}, .skip_tables = {}},
       {"a", "a1", "a11", "a2"}},
      {"and not earlier ones", {.tables = {"a2"}, .skip_tables = {}}, {"a", "a2"}},
      {"skip wins", {.tables = {"*"}, .skip_tables = {"b"}}, {"a", "a1", "a11", "a2"}},
      {"skip takes the children along",
       {.tables = {"*"}, .skip_tables = {"a1"}},
       {"a", "a2", "b"}},
      {"even those asked for by name",
       {.tables = {"a11", "b"}, .skip_tables = {"a1"}},
       {"b"}},
      {"several patterns",
       {.tables = {"b", "a2"}, .skip_tables = {}, .skip_dependent_tables = true},
       {"a", "a2", "b"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    ASSERT_OK_AND_ASSIGN(const auto tables, FilterTables(Family(), c.filter));
    Names names;
    for (const auto& table : tables) names.push_back(table.name);
    EXPECT_THAT(names, ElementsAreArray(c.expected));
  }
}

TEST(FilterTables, RefusesAPatternThatMatchesNothing) {
  EXPECT_THAT(FilterTables(Family(), {.tables = {"a", "x*"}, .skip_tables = {}}),
              StatusIs(arrow::StatusCode::Invalid,
                       "tables include a pattern x* with no matches"));
  EXPECT_THAT(FilterTables(Family(), {.tables = {"*"}, .skip_tables = {"y"}}),
              StatusIs(arrow::StatusCode::Invalid,
                       "skip_tables include a pattern y with no matches"));
  EXPECT_THAT(
      FilterTables({}, {.tables = {"*"}, .skip_tables = {}}),
      StatusIs(arrow::StatusCode::Invalid, "tables include a pattern * with no matches"));
}

TEST(FilterTables, TreatsATableWhoseParentIsMissingAsOneWithoutParent) {
  ASSERT_OK_AND_ASSIGN(
      const auto tables,
      FilterTables({Make("child", "elsewhere")}, {.tables = {"*"}, .skip_tables = {}}));
  EXPECT_EQ(tables.size(), 1U);
}

}  // namespace
}  // namespace cq
