#include "cloudquery/serve/stop_signal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace cq {
namespace {

using ::testing::ExitedWithCode;

// Each in a process of its own: signals are the process's.
class StopSignalDeathTest : public ::testing::Test {
 protected:
  StopSignalDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

/// Ends the process with 1 unless `signals` gives this name.
void ExpectName(StopSignal& signals, const std::string& name) {
  const std::string got = signals.Wait();
  if (got == name) return;
  std::fprintf(stderr, "got %s\n", got.c_str());
  std::_Exit(1);
}

void WaitForASignal(int number, const std::string& name) {
  auto signals = StopSignal::Block().ValueOrDie();
  kill(getpid(), number);
  ExpectName(signals, name);
  std::_Exit(7);
}

TEST_F(StopSignalDeathTest, TellsInterruptFromTermination) {
  EXPECT_EXIT(WaitForASignal(SIGINT, "interrupt"), ExitedWithCode(7), "");
  EXPECT_EXIT(WaitForASignal(SIGTERM, "terminated"), ExitedWithCode(7), "");
}

void LoseStdout() {
  int ends[2];
  if (pipe(ends) != 0 || dup2(ends[1], STDOUT_FILENO) < 0) std::_Exit(1);
  close(ends[1]);
  auto signals = StopSignal::Block().ValueOrDie();
  close(ends[0]);
  ExpectName(signals, "broken pipe");
  if (write(STDOUT_FILENO, "x", 1) >= 0)
    std::_Exit(1);  // and the process survives the write
  std::_Exit(7);
}

TEST_F(StopSignalDeathTest, IsAlsoTheEndOfStdout) {
  EXPECT_EXIT(LoseStdout(), ExitedWithCode(7), "");
}

void HaveNoStdout() {
  close(STDOUT_FILENO);
  auto signals = StopSignal::Block().ValueOrDie();
  kill(getpid(), SIGTERM);
  ExpectName(signals, "terminated");
  std::_Exit(7);
}

TEST_F(StopSignalDeathTest, WaitsWithoutAStdoutToo) {
  EXPECT_EXIT(HaveNoStdout(), ExitedWithCode(7), "");
}

[[noreturn]] void HangUnder(std::chrono::milliseconds grace, int later_signal) {
  auto signals = StopSignal::Block().ValueOrDie();
  const StopSignal::Deadline deadline(signals, grace);
  if (later_signal != 0) kill(getpid(), later_signal);
  while (true) pause();
}

TEST_F(StopSignalDeathTest, ASecondSignalEndsTheProcessAtOnce) {
  EXPECT_EXIT(HangUnder(std::chrono::hours(1), SIGINT), ExitedWithCode(0), "");
  EXPECT_EXIT(HangUnder(std::chrono::hours(1), SIGTERM), ExitedWithCode(0), "");
}

TEST_F(StopSignalDeathTest, APluginThatHangsIsEndedWhenTheGraceIsOver) {
  EXPECT_EXIT(HangUnder(std::chrono::milliseconds(1), 0), ExitedWithCode(0), "");
}

void MeetTheDeadline() {
  auto signals = StopSignal::Block().ValueOrDie();
  { const StopSignal::Deadline deadline(signals, std::chrono::hours(1)); }
  std::_Exit(7);
}

TEST_F(StopSignalDeathTest, ADeadlineThatIsMetDoesNothing) {
  EXPECT_EXIT(MeetTheDeadline(), ExitedWithCode(7), "");
}

}  // namespace
}  // namespace cq
