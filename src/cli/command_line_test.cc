#include "cli/command_line.h"

#include <gmock/gmock.h>

namespace s3source {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Arguments = std::vector<std::string>;

TEST(ParseCommandLine, ReadsEachCommand) {
  auto parsed = ParseCommandLine({"sync", "c.yml", "--to", "out", "--source", "lake",
                                  "--log-level", "debug", "--log-format=json"},
                                 "v1");
  const auto& line = std::get<CommandLine>(parsed);
  const auto& sync = std::get<SyncArguments>(line.command);
  EXPECT_EQ(sync.config, "c.yml");
  EXPECT_EQ(sync.directory, "out");
  EXPECT_EQ(sync.source, "lake");
  EXPECT_EQ(line.log_level, cq::LogLevel::kDebug);
  EXPECT_EQ(line.log_format, cq::LogFormat::kJson);

  parsed = ParseCommandLine({"tables", "-v", "c.yml"}, "v1");
  const auto& tables = std::get<TablesArguments>(std::get<CommandLine>(parsed).command);
  EXPECT_EQ(tables.config, "c.yml");
  EXPECT_EQ(tables.format, "text");
  EXPECT_TRUE(tables.columns);
  EXPECT_EQ(std::get<CommandLine>(parsed).log_level, std::nullopt);

  parsed = ParseCommandLine({"check", "c.yml"}, "v1");
  EXPECT_EQ(std::get<CheckArguments>(std::get<CommandLine>(parsed).command).config,
            "c.yml");
}

TEST(ParseCommandLine, AnswersHelpAndVersionOnStdout) {
  const Arguments cases[] = {{"--help"}, {"--version"}, {"sync", "--help"}};
  const char* answers[] = {"Exit codes: 0 done", "cq-source-s3 version v1", "Examples:"};
  for (size_t i = 0; i < 3; ++i) {
    SCOPED_TRACE(cases[i][0]);
    const auto parsed = ParseCommandLine(cases[i], "v1");
    const auto& exit = std::get<EarlyExit>(parsed);
    EXPECT_EQ(exit.code, 0);
    EXPECT_THAT(exit.out, HasSubstr(answers[i]));
    EXPECT_THAT(exit.err, IsEmpty());
  }
}

TEST(ParseCommandLine, ShowsHelpOnStderrWhenThereIsNoCommand) {
  const auto parsed = ParseCommandLine({}, "v1");
  const auto& exit = std::get<EarlyExit>(parsed);
  EXPECT_EQ(exit.code, 2);
  EXPECT_THAT(exit.out, IsEmpty());
  EXPECT_THAT(exit.err, AllOf(HasSubstr("serve"), HasSubstr("tables"), HasSubstr("check"),
                              HasSubstr("sync")));
}

TEST(ParseCommandLine, SaysInALineOrTwoWhatIsWrong) {
  struct Case {
    Arguments arguments;
    const char* text;
  };
  const Case cases[] = {
      {{"synk"}, "synk"},
      {{"sync"}, "CONFIG"},
      {{"sync", "c.yml"}, "--to"},
      {{"sync", "c.yml", "--to"}, "--to"},
      {{"sync", "c.yml", "--to", "a", "--form", "x"}, "--form"},
      {{"tables", "c.yml", "--format", "xml"}, "xml"},
      {{"check", "c.yml", "--log-level", "loud"}, "loud"},
      {{"check", "a.yml", "b.yml"}, "b.yml"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const auto parsed = ParseCommandLine(c.arguments, "v1");
    const auto& exit = std::get<EarlyExit>(parsed);
    EXPECT_EQ(exit.code, 2);
    EXPECT_THAT(exit.out, IsEmpty());
    EXPECT_THAT(exit.err, HasSubstr(c.text));
    EXPECT_LE(std::count(exit.err.begin(), exit.err.end(), '\n'), 3);
  }
}

}  // namespace
}  // namespace s3source
