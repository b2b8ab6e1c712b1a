#include "cloudquery/testing/source_suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>

#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/source_suite_checks.h"

namespace cq::testing {
namespace {

Address FreshSocket(int number) {
  const auto path =
      std::filesystem::temp_directory_path() /
      ("cq-suite-" + std::to_string(getpid()) + "-" + std::to_string(number) + ".sock");
  return {.network = "unix", .address = path.string()};
}

}  // namespace

SuiteSession::SuiteSession(const PluginFactory& make_plugin,
                           const SourceSuiteOptions& suite_options)
    : options(suite_options), plugin_(make_plugin(logger_)) {
  static std::atomic_int sessions = 0;
  auto started = Server::Start(*plugin_, logger_, FreshSocket(++sessions));
  EXPECT_OK(started);
  if (!started.ok()) return;
  server = *std::move(started);
  client = std::make_unique<PluginClient>(server->target());
}

void SuiteSession::Init(const std::string& spec) {
  EXPECT_EQ(client->Init(spec, false, "suite"), RpcStatus());
}

SyncAsk SuiteSession::ask() const {
  SyncAsk ask;
  ask.filter = options.filter;
  return ask;
}

void RunSourceSuite(const PluginFactory& make_plugin, const SourceSuiteOptions& options) {
  auto checks = SessionChecks();
  for (const auto& check : SyncChecks()) checks.push_back(check);
  if (!options.endless_spec.empty()) {
    for (const auto& check : RunningSyncChecks()) checks.push_back(check);
  }
  for (const auto& check : checks) {
    SCOPED_TRACE(std::string("source suite: ") + check.name);
    SuiteSession session(make_plugin, options);
    if (session.client) check.run(session);
  }
}

}  // namespace cq::testing
