#include "cli/output_folder.h"

#include <gmock/gmock.h>

#include "cli/testing/temp_folder.h"
#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using cq::testing::StatusIs;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

CommitJournal::StepHook CrashBefore(const std::string& name) {
  return [name](std::string_view step) {
    return step == name ? arrow::Status::IOError("crash") : arrow::Status::OK();
  };
}

TEST(OutputFolder, IsMadeWithItsParents) {
  const testing::TempFolder temp;
  ASSERT_OK(OutputFolder::Open(temp / "a/b/"));
  EXPECT_TRUE(std::filesystem::is_directory(temp / "a/b/.cq-source-s3"));
}

TEST(OutputFolder, PutsFilesAndStateInPlace) {
  const testing::TempFolder temp;
  {
    ASSERT_OK_AND_ASSIGN(auto folder, OutputFolder::Open(temp.path()));
    temp.Write(".cq-source-s3/staging/t/1.parquet", "rows");
    ASSERT_OK(folder->Commit({"t/1.parquet"}, "state"));
  }
  EXPECT_THAT(temp.Files(), ElementsAre(".cq-source-s3/lock", ".cq-source-s3/state.json",
                                        "t/1.parquet"));
  EXPECT_EQ(temp.Read(".cq-source-s3/state.json"), "state");
}

TEST(OutputFolder, LeavesNothingOfARunThatWasNotCommitted) {
  const testing::TempFolder temp;
  {
    ASSERT_OK_AND_ASSIGN(auto folder, OutputFolder::Open(temp.path()));
    temp.Write(".cq-source-s3/staging/t/1.parquet", "rows");
  }
  EXPECT_THAT(temp.Files(), ElementsAre(".cq-source-s3/lock"));
}

TEST(OutputFolder, RemovesWhatACrashLeft) {
  const testing::TempFolder temp;
  temp.Write(".cq-source-s3/staging/t/1.parquet", "half");
  temp.Write(".cq-source-s3/state.json.new", "new");
  temp.Write(".cq-source-s3/journal.json.draft", "ha");
  temp.Write("t/0.parquet", "old rows");
  ASSERT_OK_AND_ASSIGN(auto folder, OutputFolder::Open(temp.path()));
  EXPECT_FALSE(folder->finished_earlier_run());
  EXPECT_THAT(temp.Files(), ElementsAre(".cq-source-s3/lock", "t/0.parquet"));
}

TEST(OutputFolder, FinishesTheCommitOfAnEarlierRun) {
  const testing::TempFolder temp;
  {
    ASSERT_OK_AND_ASSIGN(auto folder,
                         OutputFolder::Open(temp.path(), CrashBefore("flush begin")));
    temp.Write(".cq-source-s3/staging/t/1.parquet", "rows");
    EXPECT_THAT(folder->Commit({"t/1.parquet"}, "state"),
                StatusIs(arrow::StatusCode::IOError, HasSubstr("next run")));
    EXPECT_TRUE(folder->commit_begun());
  }
  EXPECT_THAT(temp.Files(), Not(Contains(StartsWith("t/"))));
  ASSERT_OK_AND_ASSIGN(auto folder, OutputFolder::Open(temp.path()));
  EXPECT_TRUE(folder->finished_earlier_run());
  EXPECT_EQ(temp.Read("t/1.parquet"), "rows");
  EXPECT_EQ(temp.Read(".cq-source-s3/state.json"), "state");
}

TEST(OutputFolder, IsHeldByOneAtATime) {
  const testing::TempFolder temp;
  {
    ASSERT_OK_AND_ASSIGN(auto first, OutputFolder::Open(temp.path()));
    temp.Write(".cq-source-s3/staging/t/1.parquet", "rows");
    EXPECT_THAT(OutputFolder::Open(temp.path()),
                StatusIs(arrow::StatusCode::AlreadyExists,
                         AllOf(HasSubstr(temp.path().string()),
                               HasSubstr("process " + std::to_string(getpid())))));
    // The second did no harm.
    EXPECT_EQ(temp.Read(".cq-source-s3/staging/t/1.parquet"), "rows");
  }
  EXPECT_OK(OutputFolder::Open(temp.path()));
}

TEST(OutputFolder, SaysWhyTheDirectoryCannotBeUsed) {
  const testing::TempFolder temp;
  const std::string file = temp.Write("file", "");
  EXPECT_THAT(OutputFolder::Open(file),
              StatusIs(arrow::StatusCode::IOError, HasSubstr(file)));
}

}  // namespace
}  // namespace s3source
