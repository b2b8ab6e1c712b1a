#include <gtest/gtest.h>

#include <memory>

#include "cloudquery/testing/source_suite.h"
#include "hello_plugin.h"

TEST(HelloPlugin, PassesTheSourceSuite) {
  cq::testing::RunSourceSuite([](cq::Logger&) { return std::make_unique<HelloPlugin>(); },
                              {});
}
