#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cloudquery/testing/source_suite_checks.h"

namespace cq::testing {
namespace {

using ::testing::HasSubstr;

using Clock = std::chrono::steady_clock;
/// What CloudQuery gives a plugin to stop.
constexpr std::chrono::seconds kStopWithin{5};

std::unique_ptr<SyncCall> StartEndless(SuiteSession& session) {
  session.Init(session.options.endless_spec);
  auto call = session.client->StartSync(session.ask());
  EXPECT_TRUE(call->Next()) << call->Finish();
  return call;
}

/// A sync that has begun to send, tried until the plugin is free; null after kStopWithin.
std::unique_ptr<SyncCall> StartWhenFree(SuiteSession& session) {
  const auto give_up = Clock::now() + kStopWithin;
  while (Clock::now() < give_up) {
    auto call = session.client->StartSync(session.ask());
    if (call->Next()) return call;
    EXPECT_THAT(call->Finish().message, HasSubstr("plugin already in use"));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return nullptr;
}

void IsInUseWhileItSyncs(SuiteSession& session) {
  const auto call = StartEndless(session);
  EXPECT_EQ(
      session.client->Sync(session.ask()).status,
      (RpcStatus{RpcCode::kUnknown, "failed to sync records: plugin already in use"}));
  EXPECT_EQ(
      session.client->Init(session.options.spec),
      (RpcStatus{RpcCode::kInternal, "failed to init plugin: plugin already in use"}));
  EXPECT_TRUE(call->Next()) << "the refused calls ended the sync that ran: "
                            << call->Finish();
}

void StopsWhenCancelledAndSyncsAgain(SuiteSession& session) {
  auto call = StartEndless(session);
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    call->Cancel();
    EXPECT_EQ(call->Finish().code, RpcCode::kCancelled);
    call = StartWhenFree(session);
    ASSERT_NE(call, nullptr) << "still in use long after the cancellation";
  }
}

void StopsWhenItsClientVanishes(SuiteSession& session) {
  StartEndless(session).reset();
  session.client = std::make_unique<PluginClient>(session.server->target());
  EXPECT_NE(StartWhenFree(session), nullptr);
}

void StopsWhenTheServerShutsDown(SuiteSession& session) {
  const auto call = StartEndless(session);
  const auto begin = Clock::now();
  session.server->Shutdown();
  EXPECT_LT(Clock::now() - begin, kStopWithin);
  EXPECT_THAT(call->Finish().code,
              ::testing::AnyOf(RpcCode::kUnavailable, RpcCode::kCancelled));
}

}  // namespace

std::vector<SuiteCheck> RunningSyncChecks() {
  return {{"is in use while it syncs", IsInUseWhileItSyncs},
          {"stops when cancelled and syncs again", StopsWhenCancelledAndSyncsAgain},
          {"stops when its client vanishes", StopsWhenItsClientVanishes},
          {"stops when the server shuts down", StopsWhenTheServerShutsDown}};
}

}  // namespace cq::testing
