#include "cli/file_state.h"

#include <gmock/gmock.h>

#include "cli/testing/temp_folder.h"
#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using cq::testing::StatusIs;
using ::testing::HasSubstr;

TEST(FileState, ComesBackAsItWasFlushed) {
  const testing::TempFolder folder;
  const std::string path = folder / "state.json";
  ASSERT_OK_AND_ASSIGN(FileState first, FileState::Load(path));
  EXPECT_TRUE(first.enabled());
  EXPECT_EQ(first.Get("k"), "");
  first.Set("k", "v \"1\"\n\u00e9");
  EXPECT_FALSE(first.flushed());
  ASSERT_OK(first.Flush());
  EXPECT_TRUE(first.changed());
  first.Set("k", "after the flush");
  // Only a commit writes the file.
  EXPECT_FALSE(std::filesystem::exists(path));
  folder.Write("state.json", *first.Encode());

  ASSERT_OK_AND_ASSIGN(FileState second, FileState::Load(path));
  EXPECT_EQ(second.Get("k"), "v \"1\"\n\u00e9");
  ASSERT_OK(second.Flush());
  EXPECT_FALSE(second.changed());
}

TEST(FileState, RefusesAFileItDoesNotUnderstand) {
  const char* files[] = {"",
                         "[]",
                         "{",
                         R"({"values":{}})",
                         R"({"version":2,"values":{}})",
                         R"({"version":1})",
                         R"({"version":1,"values":{"k":1}})"};
  for (const char* file : files) {
    SCOPED_TRACE(file);
    const testing::TempFolder folder;
    const std::string path = folder.Write("state.json", file);
    EXPECT_THAT(FileState::Load(path),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr(path)));
  }
}

TEST(FileState, RefusesToStoreWhatIsNotText) {
  ASSERT_OK_AND_ASSIGN(FileState state, FileState::Load("/none/such"));
  state.Set("k", "\xff");
  ASSERT_OK(state.Flush());
  EXPECT_THAT(state.Encode(), StatusIs(arrow::StatusCode::Invalid));
}

}  // namespace
}  // namespace s3source
