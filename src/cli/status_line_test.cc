#include "cli/status_line.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cloudquery/testing/recording_logger.h"

namespace s3source {
namespace {

/// What a terminal shows in the end: only the two control sequences in use are known.
std::string Screen(const std::string& output) {
  std::string screen;
  for (size_t i = 0; i < output.size(); ++i) {
    if (output[i] == '\r') {
      screen.resize(screen.rfind('\n') + 1);
    } else if (output.compare(i, 3, "\x1b[K") == 0) {
      i += 2;
    } else {
      screen += output[i];
    }
  }
  return screen;
}

/// Writes the message to the same terminal.
class TerminalLogger final : public cq::Logger {
 public:
  explicit TerminalLogger(std::ostream& terminal) : terminal_(terminal) {}
  void Log(cq::LogLevel, std::string_view message, cq::LogFields) override {
    terminal_ << message << "\n";
  }
  bool Enabled(cq::LogLevel level) const override { return level >= cq::LogLevel::kWarn; }
  void SetInvocationId(std::string_view) override {}

 private:
  std::ostream& terminal_;
};

TEST(StatusLine, ChangesInPlaceBelowTheLog) {
  std::ostringstream terminal;
  StatusLine line(terminal, 80);
  TerminalLogger plain(terminal);
  LoggerAboveStatusLine logger(plain, line);
  logger.Warn("first");
  line.Show("1 row");
  line.Show("2 rows");
  EXPECT_EQ(Screen(terminal.str()), "first\n2 rows");
  logger.Warn("second");
  logger.Info("not written");
  EXPECT_EQ(Screen(terminal.str()), "first\nsecond\n2 rows");
  line.End();
  line.Show("late");
  EXPECT_EQ(Screen(terminal.str()), "first\nsecond\n");
}

TEST(StatusLine, StaysOnOneLineOfANarrowTerminal) {
  std::ostringstream terminal;
  StatusLine line(terminal, 8);
  line.Show("1234567890");
  EXPECT_EQ(Screen(terminal.str()), "1234567");
}

TEST(StatusLine, WritesNothingWhenItIsNotUsed) {
  std::ostringstream terminal;
  StatusLine line(terminal, 80);
  line.End();
  EXPECT_EQ(terminal.str(), "");
}

}  // namespace
}  // namespace s3source
