#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "cloudquery/state/state.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_sink.h"
#include "cloudquery/testing/source_suite.h"
#include "numbers_plugin.h"

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NumbersPlugin, PassesTheSourceSuite) {
  cq::testing::RunSourceSuite(
      [](cq::Logger&) { return std::make_unique<NumbersPlugin>(); },
      {.spec = R"({"count": 25})",
       .bad_spec = R"({"count": -1})",
       .endless_spec = R"({"count": 0})",
       .tests_connection = true});
}

TEST(NumbersPlugin, GoesOnCountingWhereItsStateEnded) {
  NumbersPlugin plugin;
  ASSERT_OK(plugin.Init({.spec_json = R"({"count": 6})"}));
  cq::MemoryState state;
  for (const char* last : {"6", "12"}) {
    cq::testing::RecordingSink sink;
    ASSERT_OK(
        plugin.Sync({.filter = {.tables = {"numbers"}, .skip_dependent_tables = true}},
                    {sink, state, std::stop_token()}));
    EXPECT_THAT(sink.violations(), IsEmpty());
    EXPECT_THAT(sink.tables(), ElementsAre("numbers"));
    EXPECT_EQ(sink.rows("numbers"), 6);
    EXPECT_EQ(state.flushed().at("numbers/last"), last);
  }
}

}  // namespace
