#include "cloudquery/log/printable.h"

#include <gtest/gtest.h>

#include <string>

namespace cq {
namespace {

TEST(Printable, KeepsValidTextAndEscapesTheRest) {
  const struct {
    const char* what;
    std::string text;
    const char* expected;
  } cases[] = {
      {"empty", "", ""},
      {"ASCII", "a/b=c \"d\" \\e", "a/b=c \"d\" \\e"},
      {"2, 3 and 4 byte characters", "é日𝄞", "é日𝄞"},
      {"the usual controls", "a\nb\rc\td", "a\\nb\\rc\\td"},
      {"other controls", std::string("\0\x1b[31m\x7f", 7), "\\x00\\x1b[31m\\x7f"},
      {"a C1 control",
       "\xc2\x9b"
       "A",
       "\\xc2\\x9bA"},
      {"no-break space is text", "\xc2\xa0", "\xc2\xa0"},
      {"text that runs backwards", "a\u202eb", "a\\xe2\\x80\\xaeb"},
      {"a line separator", "\u2028", "\\xe2\\x80\\xa8"},
      {"a lone continuation byte", "a\x80z", "a\\x80z"},
      {"a character cut short", "a\xe6\x97", "a\\xe6\\x97"},
      {"a character cut short by another", "\xe6\x97x", "\\xe6\\x97x"},
      {"an over-long form", "\xc0\xaf", "\\xc0\\xaf"},
      {"an over-long form of three bytes", "\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
      {"a surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
      {"above U+10FFFF", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
      {"a byte that UTF-8 never has", "\xff", "\\xff"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(Printable(c.text), c.expected);
  }
}

TEST(Printable, CutsAtACharactersEndAndMarksTheCut) {
  const struct {
    const char* what;
    std::string text;
    size_t max_bytes;
    const char* expected;
  } cases[] = {
      {"fits exactly", "abcdef", 6, "abcdef"},
      {"one too long", "abcdefg", 6, "abc…"},
      {"not inside a character", "ab日日", 6, "ab…"},
      {"a character that just fits", "日日", 6, "日日"},
      {"not inside an escape", "a\x01\x02", 8, "a\\x01…"},
      {"room for the mark only", "abcdef", 3, "…"},
      {"no room for the mark", "abcdef", 2, ""},
      {"no room at all", "abcdef", 0, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(Printable(c.text, c.max_bytes), c.expected);
  }
}

TEST(Printable, NeverExceedsTheLimit) {
  const std::string text = "aé日𝄞\n\x01\xff";
  for (size_t limit = 0; limit < 40; ++limit) {
    SCOPED_TRACE(limit);
    EXPECT_LE(Printable(text + text, limit).size(), limit);
  }
}

}  // namespace
}  // namespace cq
