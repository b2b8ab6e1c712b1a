#include "cli/command_tree.h"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>

#include "cli/completion.h"
#include "cli/man_page.h"

namespace s3source {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// A program with one of everything.
CommandInfo Program() {
  std::string text = "plain";
  bool flag = false;
  CLI::App app("Does things.\nMany of them.", "do-it");
  app.footer("Exit codes: 0 done.");
  auto* copy = app.add_subcommand("copy", "Copy [all] of it's parts");
  copy->add_option("CONFIG", text, "What to copy")->required()->type_name("FILE");
  copy->add_option("--to", text, "Where to")->required()->type_name("DIR");
  copy->add_option("--form", text, "Of the copy")
      ->capture_default_str()
      ->check(CLI::IsMember({"plain", "nice"}));
  copy->add_flag("-q,--quiet", flag, "Say nothing");
  copy->footer("Example:\n  do-it copy\n.dot");
  app.add_subcommand("look", "Look around");
  return Describe(app);
}

TEST(CommandTree, TellsWhatEachOptionTakes) {
  const CommandInfo program = Program();
  ASSERT_EQ(program.commands.size(), 2u);
  EXPECT_EQ(Listed(program.commands), "copy and look");
  EXPECT_THAT(program.commands[0].footer, HasSubstr("do-it copy"));
  EXPECT_THAT(program.commands[1].footer, IsEmpty());
  const auto& options = program.commands[0].options;
  ASSERT_EQ(options.size(), 5u);
  EXPECT_THAT(options[0].names, ElementsAre("-h", "--help"));
  EXPECT_THAT(options[0].value, IsEmpty());
  EXPECT_THAT(options[1].names, IsEmpty());
  EXPECT_EQ(options[1].value, "CONFIG");
  EXPECT_TRUE(options[1].required);
  EXPECT_EQ(options[2].value, "DIR");
  EXPECT_THAT(options[3].choices, ElementsAre("plain", "nice"));
  EXPECT_EQ(options[3].default_value, "plain");
  EXPECT_THAT(options[4].names, ElementsAre("-q", "--quiet"));
  EXPECT_THAT(options[4].value, IsEmpty());
}

TEST(ManPage, ShowsEveryCommandAndOptionAndNoRequestByAccident) {
  const std::string page = ManPage(Program(), "v1");
  for (const char* part :
       {".TH DO\\-IT 1", "do\\-it \\- Does things\n", "Many of them.",
        ".SS \"copy [OPTIONS] CONFIG\"", "\\fB\\-\\-to\\fR \\fIDIR\\fR",
        "One of plain, nice. Default: plain.", "Exit codes: 0 done.", "\n\\&.dot\n"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  EXPECT_THAT(page, Not(HasSubstr("\n.dot")));
}

TEST(CompletionScript, QuotesDescriptionsForEachShell) {
  EXPECT_THAT(CompletionScript(Program(), "zsh"),
              HasSubstr("'copy:Copy \\[all\\] of it'\\''s parts'"));
  EXPECT_THAT(CompletionScript(Program(), "fish"),
              HasSubstr("-a copy -d 'Copy [all] of it'\\''s parts'"));
  EXPECT_THAT(CompletionScript(Program(), "fish"),
              HasSubstr("-l form -x -a 'plain nice'"));
  EXPECT_THAT(CompletionScript(Program(), "zsh"),
              HasSubstr("'(--form)--form=[Of the copy]:TEXT:(plain nice)'"));
}

}  // namespace
}  // namespace s3source
