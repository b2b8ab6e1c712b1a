#include "store/concurrency_window.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace s3source {
namespace {

void Fill(ConcurrencyWindow& window) {
  while (window.MayBegin()) window.Begin();
}

void EndGood(ConcurrencyWindow& window, int64_t count) {
  for (; count > 0; --count) window.End(true);
}

TEST(ConcurrencyWindow, FollowsTheAnswers) {
  // b: one read begins, g: ends well, f: fails, t: an attempt is throttled.
  const struct {
    const char* name;
    int64_t most;
    const char* events;
    int64_t allowed;
  } cases[] = {
      {"begins at the most", 8, "", 8},
      {"never above", 4, "bgbgbgbgbgbg", 4},
      {"halves what is under way", 8, "bbbbbbbbt", 4},
      {"or half of the few there are", 8, "bbbbt", 2},
      {"once for a burst", 8, "bbbbbbbbttttt", 4},
      {"once for as many reads as were under way", 8, "bbbbbbbbtgggggggt", 4},
      {"again in the next round", 8, "bbbbbbbbtggggggggbbbbt", 2},
      {"never below one", 8, "bbbbbbbbtggggggggbbbbtggggbbtggbtgbtgbt", 1},
      {"nothing under way", 8, "t", 1},
      {"old reads do not raise", 8, "bbbbbbbbtgggggggg", 4},
      {"a window of good ones raises by one", 8, "bbbbbbbbtggggggggbbbbgggg", 5},
      {"three of four do not", 8, "bbbbbbbbtggggggggbbbbggg", 4},
      {"failures do not", 8, "bbbbbbbbtggggggggbbbbffff", 4},
      {"even when few are left of it", 8, "bbbbbbbbgggggggt", 4},
      {"throttling starts the count again", 8, "bbbbbbbbtggggggggbbbbgggtgbbg", 2},
      {"an odd number", 5, "bbbbbt", 2},
      {"one", 1, "bttgb", 1},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ConcurrencyWindow window(c.most);
    for (const char* event = c.events; *event != 0; ++event) {
      if (*event == 'b') window.Begin();
      if (*event == 'g') window.End(true);
      if (*event == 'f') window.End(false);
      if (*event == 't') window.Throttle();
    }
    EXPECT_EQ(window.allowed(), c.allowed);
  }
}

TEST(ConcurrencyWindow, TellsWhetherItFell) {
  ConcurrencyWindow window(2);
  Fill(window);
  EXPECT_TRUE(window.Throttle());
  EXPECT_FALSE(window.Throttle());
  EndGood(window, 2);
  Fill(window);
  EXPECT_EQ(window.under_way(), 1);
  EXPECT_FALSE(window.Throttle()) << "already one";
}

TEST(ConcurrencyWindow, RecoversToTheMost) {
  ConcurrencyWindow window(50);
  Fill(window);
  window.Throttle();
  EndGood(window, 50);
  EXPECT_EQ(window.allowed(), 25);
  int reads = 0;
  for (; window.allowed() < 50; ++reads) {
    window.Begin();
    window.End(true);
  }
  EXPECT_EQ(reads, 25 * (25 + 49) / 2) << "25 + 26 + ... + 49";
}

TEST(ConcurrencyWindow, WithoutABoundIsBoundByWhatWasUnderWay) {
  ConcurrencyWindow window(std::numeric_limits<int64_t>::max());
  for (int i = 0; i < 100; ++i) window.Begin();
  EXPECT_TRUE(window.MayBegin());
  EXPECT_TRUE(window.Throttle());
  EXPECT_EQ(window.allowed(), 50);
}

}  // namespace
}  // namespace s3source
