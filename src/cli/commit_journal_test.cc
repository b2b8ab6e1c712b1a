#include "cli/commit_journal.h"

#include <gmock/gmock.h>

#include "cli/testing/temp_folder.h"
#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using cq::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kJournal[] = "journal";

/// Three files to be moved, one of them over an old one.
void Prepare(const testing::TempFolder& folder) {
  folder.Write("new/a", "new a");
  folder.Write("new/b", "new b");
  folder.Write("new/state", "new state");
  folder.Write("state", "old state");
}

const std::vector<FileMove> kMoves = {
    {"new/a", "t/a"}, {"new/b", "u/b"}, {"new/state", "state"}};

/// A crash before step `number`, from 0.
CommitJournal::StepHook CrashAt(int number) {
  return [number](std::string_view step) mutable {
    return number-- == 0 ? arrow::Status::IOError("crash before ", step)
                         : arrow::Status::OK();
  };
}

void ExpectNothingMoved(const testing::TempFolder& folder) {
  EXPECT_THAT(folder.Files(), ElementsAre("new/a", "new/b", "new/state", "state"));
  EXPECT_EQ(folder.Read("state"), "old state");
}

void ExpectAllMoved(const testing::TempFolder& folder) {
  EXPECT_THAT(folder.Files(), ElementsAre("state", "t/a", "u/b"));
  EXPECT_EQ(folder.Read("t/a"), "new a");
  EXPECT_EQ(folder.Read("u/b"), "new b");
  EXPECT_EQ(folder.Read("state"), "new state");
}

TEST(CommitJournal, MovesAll) {
  const testing::TempFolder folder;
  Prepare(folder);
  ASSERT_OK(CommitJournal(folder.path(), kJournal).Commit(kMoves));
  ExpectAllMoved(folder);
}

TEST(CommitJournal, MovesAllOrNothingWhereverItIsCutOff) {
  int moved = 0;
  int not_moved = 0;
  for (int step = 0;; ++step) {
    SCOPED_TRACE(step);
    const testing::TempFolder folder;
    Prepare(folder);
    CommitJournal cut_off(folder.path(), kJournal, CrashAt(step));
    if (cut_off.Commit(kMoves).ok()) break;
    CommitJournal next(folder.path(), kJournal);
    ASSERT_OK_AND_ASSIGN(const bool begun, next.begun());
    ASSERT_OK_AND_ASSIGN(const bool finished, next.Finish());
    EXPECT_EQ(begun, finished);
    if (folder.Read("state") == "old state") {
      ExpectNothingMoved(folder);
      ++not_moved;
    } else {
      ExpectAllMoved(folder);
      ++moved;
    }
  }
  // Before: draft, begin. After: flush, three moves, flush, end, flush.
  EXPECT_EQ(not_moved, 2);
  EXPECT_EQ(moved, 7);
}

TEST(CommitJournal, FinishesEvenWhenFinishingIsCutOff) {
  for (int first = 2; first < 9; ++first) {
    for (int second = 0; second < 6; ++second) {
      SCOPED_TRACE(std::to_string(first) + ", " + std::to_string(second));
      const testing::TempFolder folder;
      Prepare(folder);
      ASSERT_THAT(CommitJournal(folder.path(), kJournal, CrashAt(first)).Commit(kMoves),
                  StatusIs(arrow::StatusCode::IOError));
      (void)CommitJournal(folder.path(), kJournal, CrashAt(second)).Finish();
      ASSERT_OK(CommitJournal(folder.path(), kJournal).Finish());
      ExpectAllMoved(folder);
    }
  }
}

TEST(CommitJournal, ThrowsAHalfWrittenJournalAway) {
  const testing::TempFolder folder;
  Prepare(folder);
  folder.Write("journal.draft", "{\"version\": 1, \"mov");
  ASSERT_OK_AND_ASSIGN(const bool finished,
                       CommitJournal(folder.path(), kJournal).Finish());
  EXPECT_FALSE(finished);
  ExpectNothingMoved(folder);
}

TEST(CommitJournal, RefusesAJournalItDoesNotUnderstand) {
  const char* journals[] = {
      "",
      "{",
      "[]",
      R"({"version":2,"moves":[]})",
      R"({"version":1})",
      R"({"version":1,"moves":[{"from":"a"}]})",
      R"({"version":1,"moves":[{"from":"new/a","to":"../a"}]})",
      R"({"version":1,"moves":[{"from":"/etc/passwd","to":"a"}]})",
      R"({"version":1,"moves":[{"from":"new/../../a","to":"a"}]})",
  };
  for (const char* journal : journals) {
    SCOPED_TRACE(journal);
    const testing::TempFolder folder;
    Prepare(folder);
    folder.Write(kJournal, journal);
    EXPECT_THAT(CommitJournal(folder.path(), kJournal).Finish(),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr(folder / kJournal)));
    EXPECT_EQ(folder.Read("new/a"), "new a");
  }
}

TEST(CommitJournal, SaysWhichFileOfACutOffRunIsGone) {
  const testing::TempFolder folder;
  Prepare(folder);
  (void)CommitJournal(folder.path(), kJournal, CrashAt(3)).Commit(kMoves);
  std::filesystem::remove(folder / "new/b");
  EXPECT_THAT(CommitJournal(folder.path(), kJournal).Finish(),
              StatusIs(arrow::StatusCode::IOError, HasSubstr(folder / "u/b")));
  // Nothing was decided over the user's head.
  EXPECT_EQ(folder.Read("state"), "old state");
}

}  // namespace
}  // namespace s3source
