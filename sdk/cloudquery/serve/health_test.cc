#include "cloudquery/serve/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cloudquery/serve/server.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "cloudquery/testing/void_plugin.h"

namespace cq {
namespace {

using cq::testing::VoidPlugin;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(Health, OfAServerThatServesIsGood) {
  RecordingLogger logger;
  VoidPlugin plugin;
  ASSERT_OK_AND_ASSIGN(const auto server,
                       Server::Start(plugin, logger, {.address = "[::]:0"}));
  const std::string target = server->target();
  const std::string port = target.substr(target.rfind(':'));
  for (const std::string host : {"[::]", "", "localhost", "0.0.0.0"}) {
    SCOPED_TRACE(host);
    EXPECT_OK(CheckHealth({.address = host + port}, seconds(10)));
  }
}

TEST(Health, OfAServerThatIsGoneIsAnErrorThatNamesIt) {
  RecordingLogger logger;
  VoidPlugin plugin;
  ASSERT_OK_AND_ASSIGN(auto server,
                       Server::Start(plugin, logger, {.address = "localhost:0"}));
  const std::string target = server->target();
  server.reset();
  const auto status = CheckHealth({.address = target}, seconds(10));
  EXPECT_THAT(status.message(), HasSubstr(target));
  EXPECT_THAT(status.message(), HasSubstr("does not answer"));
}

TEST(Health, IsNotAskedOfAnAddressThatIsNone) {
  EXPECT_FALSE(CheckHealth({.address = "nowhere"}, seconds(10)).ok());
}

TEST(ServedAddress, IsReadFromTheArgumentsOfAProcess) {
  struct Case {
    std::vector<std::string> arguments;
    std::string network;
    std::string address;
  };
  const std::vector<Case> cases{
      {{"plugin", "serve"}, "tcp", "localhost:7777"},
      {{"plugin", "serve", "--address", "[::]:8080"}, "tcp", "[::]:8080"},
      {{"plugin", "serve", "--address=[::]:8080"}, "tcp", "[::]:8080"},
      {{"loader", "--argv0", "plugin", "serve", "--network=unix", "--address", "/a b"},
       "unix",
       "/a b"},
      {{"plugin", "serve", "--address"}, "tcp", "localhost:7777"},
      {{"plugin", "--address", "x:1", "serve", ""}, "tcp", "localhost:7777"},
  };
  for (const Case& one : cases) {
    std::string line;
    for (const std::string& argument : one.arguments) line += argument + '\0';
    SCOPED_TRACE(::testing::PrintToString(one.arguments));
    const auto address = ServedAddress(line);
    ASSERT_TRUE(address.has_value());
    EXPECT_EQ(address->network, one.network);
    EXPECT_EQ(address->address, one.address);
  }
}

TEST(ServedAddress, IsNothingOfAnotherProgram) {
  EXPECT_FALSE(ServedAddress("").has_value());
  EXPECT_FALSE(ServedAddress(std::string_view("init\0--address\0x:1\0", 19)).has_value());
}

}  // namespace
}  // namespace cq
