#include "cloudquery/log/stream_logger.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"

namespace cq {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using testing::StatusIs;

// A pipe whose written lines can be read once the write end is closed.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(ends_), 0); }
  ~Pipe() {
    CloseReader();
    CloseWriter();
  }
  int writer() const { return ends_[1]; }
  void CloseReader() { Close(ends_[0]); }
  void CloseWriter() { Close(ends_[1]); }

  std::vector<std::string> Lines() {
    CloseWriter();
    std::string all;
    char chunk[4096];
    for (ssize_t n = 0; (n = ::read(ends_[0], chunk, sizeof(chunk))) > 0;)
      all.append(chunk, n);
    std::vector<std::string> lines;
    std::istringstream stream(all);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

 private:
  static void Close(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  int ends_[2];
};

TEST(StreamLogger, WritesJsonLinesFromItsLevelOn) {
  Pipe pipe;
  auto logger = MakeStreamLogger({.format = LogFormat::kJson,
                                  .level = LogLevel::kWarn,
                                  .module = "s3-source",
                                  .fd = pipe.writer(),
                                  .on_broken_pipe = {}});
  EXPECT_FALSE(logger->Enabled(LogLevel::kInfo));
  EXPECT_TRUE(logger->Enabled(LogLevel::kError));
  logger->Info("unseen");
  logger->Warn("first", {{"n", 1}});
  logger->SetInvocationId("run-1");
  logger->Error("second");
  const auto lines = pipe.Lines();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0], R"({"level":"warn","module":"s3-source","n":1,"message":"first"})");
  EXPECT_EQ(lines[1], R"({"level":"error","module":"s3-source","invocation_id":"run-1",)"
                      R"("message":"second"})");
}

TEST(StreamLogger, WritesTextLinesThatBeginWithTheTime) {
  Pipe pipe;
  auto logger =
      MakeStreamLogger({.module = "m", .fd = pipe.writer(), .on_broken_pipe = {}});
  logger->Debug("unseen");
  logger->Info("hello", {{"n", 1}});
  const auto lines = pipe.Lines();
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], MatchesRegex("[0-9-]{10}T[0-9:]{8}[.][0-9]{3}[+-][0-9:]{5} "
                                     "info  hello n=1"));
}

TEST(StreamLogger, KeepsLinesOfManyThreadsWhole) {
  constexpr int kThreads = 4;
  constexpr int kLines = 50;
  Pipe pipe;
  auto logger = MakeStreamLogger({.format = LogFormat::kJson,
                                  .module = "m",
                                  .fd = pipe.writer(),
                                  .on_broken_pipe = {}});
  // 200 short lines: they fit into the pipe, so no reader is needed meanwhile.
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kLines; ++i) {
          logger->SetInvocationId(std::to_string(t));
          logger->Info("line", {{"t", t}, {"i", i}});
        }
      });
    }
  }
  const auto lines = pipe.Lines();
  ASSERT_THAT(lines, SizeIs(kThreads * kLines));
  for (const auto& line : lines) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

TEST(StreamLogger, SurvivesAReaderThatHasGone) {
  Pipe pipe;
  pipe.CloseReader();
  // The default action of SIGPIPE would end this program.
  ASSERT_NE(std::signal(SIGPIPE, SIG_DFL), SIG_ERR);
  int told = 0;
  auto logger = MakeStreamLogger({.format = LogFormat::kJson,
                                  .module = "m",
                                  .fd = pipe.writer(),
                                  .on_broken_pipe = [&] { ++told; }});
  logger->Info("lost");
  logger->Info("lost too");
  EXPECT_EQ(told, 1);
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

TEST(StreamLogger, SurvivesAFullDisk) {
  const int full = ::open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  auto logger = MakeStreamLogger({.module = "m", .fd = full, .on_broken_pipe = {}});
  logger->Error("lost");
  ::close(full);
}

TEST(ParseLogLevel, KnowsTheFiveNames) {
  for (const LogLevel level : {LogLevel::kTrace, LogLevel::kDebug, LogLevel::kInfo,
                               LogLevel::kWarn, LogLevel::kError}) {
    ASSERT_OK_AND_ASSIGN(const auto parsed, ParseLogLevel(LogLevelName(level)));
    EXPECT_EQ(parsed, level);
  }
  EXPECT_EQ(LogLevelName(LogLevel::kWarn), "warn");
  for (const char* name : {"", "INFO", "warning", "fatal"}) {
    EXPECT_THAT(ParseLogLevel(name), StatusIs(arrow::StatusCode::Invalid,
                                              HasSubstr("trace, debug, info, warn")));
  }
}

TEST(ParseLogFormat, KnowsJsonAndText) {
  ASSERT_OK_AND_ASSIGN(const auto json, ParseLogFormat("json"));
  EXPECT_EQ(json, LogFormat::kJson);
  ASSERT_OK_AND_ASSIGN(const auto text, ParseLogFormat("text"));
  EXPECT_EQ(text, LogFormat::kText);
  EXPECT_THAT(ParseLogFormat("xml"),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("xml")));
}

}  // namespace
}  // namespace cq
