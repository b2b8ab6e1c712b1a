#include "cli/package_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "cli/zip_file.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"

namespace s3source {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

TEST(Sha256, IsThatOfTheStandard) {
  ASSERT_OK_AND_ASSIGN(const std::string abc, Sha256("abc"));
  EXPECT_EQ(abc, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  ASSERT_OK_AND_ASSIGN(const std::string nothing, Sha256(""));
  EXPECT_EQ(nothing, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

class PackageTest : public ::testing::Test {
 protected:
  PackageTest() {
    char name[] = "/tmp/package_test.XXXXXX";
    folder_ = mkdtemp(name);
    fs::create_directories(folder_ / "docs/inner");
    Put("docs/overview.md", "# S3\n");
    Put("docs/types.md", "# Types\n");
    Put("docs/picture.png", "x");
    Put("docs/inner/page.md", "x");
    Put("program", std::string(100'000, 'p') + "end");
  }
  ~PackageTest() override { fs::remove_all(folder_); }

  void Put(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name) << content;
  }
  std::string Get(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  PackageArguments Arguments() const {
    return {.team = "tests",
            .name = "s3",
            .version = "v1.2.3",
            .message = "First",
            .docs = (folder_ / "docs").string(),
            .directory = (folder_ / "dist").string(),
            .programs = {"linux/amd64=" + (folder_ / "program").string()}};
  }
  ExitCode Run(const PackageArguments& arguments) {
    return RunPackage(
        arguments,
        {.version = "v9.9.9-dev", .logger = logger_, .out = out_, .err = err_});
  }

  fs::path folder_;
  cq::RecordingLogger logger_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(PackageTest, HasTheFilesThatPublishingTakes) {
  ASSERT_EQ(Run(Arguments()), kExitOk) << err_.str();
  const auto package = nlohmann::json::parse(Get("dist/package.json"));
  EXPECT_EQ(package["schema_version"], 1);
  EXPECT_EQ(package["team"], "tests");
  EXPECT_EQ(package["kind"], "source");
  EXPECT_EQ(package["name"], "s3");
  EXPECT_EQ(package["version"], "v1.2.3");
  EXPECT_EQ(package["protocols"], nlohmann::json({3}));
  EXPECT_EQ(package["package_type"], "native");
  ASSERT_EQ(package["supported_targets"].size(), 1U);
  const auto& target = package["supported_targets"][0];
  EXPECT_EQ(target["os"], "linux");
  EXPECT_EQ(target["arch"], "amd64");
  EXPECT_EQ(target["path"], "plugin-s3-v1.2.3-linux-amd64.zip");
  ASSERT_OK_AND_ASSIGN(const std::string digest,
                       Sha256(Get("dist/plugin-s3-v1.2.3-linux-amd64.zip")));
  EXPECT_EQ(target["checksum"], "sha256:" + digest);
  EXPECT_EQ(Get("dist/tables.json"), "[]\n");
  EXPECT_THAT(Get("dist/spec_json_schema.json"), HasSubstr("\"bucket\""));
  EXPECT_EQ(Get("dist/docs/overview.md"), "# S3\n");
  EXPECT_EQ(Get("dist/docs/types.md"), "# Types\n");
  EXPECT_FALSE(fs::exists(folder_ / "dist/docs/picture.png"));
  EXPECT_FALSE(fs::exists(folder_ / "dist/docs/page.md"));
}

/// With a program that has nothing of ours.
TEST_F(PackageTest, ZipUnpacksToTheExecutable) {
  ASSERT_EQ(Run(Arguments()), kExitOk) << err_.str();
  const std::string script =
      "import zipfile, sys\n"
      "with zipfile.ZipFile(sys.argv[1]) as archive:\n"
      "  assert archive.testzip() is None\n"
      "  [entry] = archive.infolist()\n"
      "  assert entry.filename == 'plugin-s3-v1.2.3-linux-amd64', entry\n"
      "  assert entry.external_attr >> 16 == 0o100755, entry\n"
      "  assert archive.read(entry) == open(sys.argv[2], 'rb').read()\n"
      "  assert entry.compress_size < 1000\n";
  Put("check.py", script);
  const std::string command =
      "python3 " + (folder_ / "check.py").string() + " " +
      (folder_ / "dist/plugin-s3-v1.2.3-linux-amd64.zip").string() + " " +
      (folder_ / "program").string();
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(PackageTest, VersionIsTheProgramsUnlessGiven) {
  auto arguments = Arguments();
  arguments.version.clear();
  ASSERT_EQ(Run(arguments), kExitOk) << err_.str();
  EXPECT_EQ(nlohmann::json::parse(Get("dist/package.json"))["version"], "v9.9.9-dev");
}

TEST_F(PackageTest, WrongArgumentsAreNamedAndNothingIsOverwritten) {
  struct Case {
    void (*change)(PackageArguments&);
    std::string error;
  };
  const Case cases[] = {
      {[](auto& a) { a.version = "1.2.3"; }, "--version '1.2.3'"},
      {[](auto& a) { a.programs = {"linux=x"}; }, "'linux=x' is not OS/ARCH=FILE"},
      {[](auto& a) { a.programs = {"linux/amd64=/nowhere"}; }, "/nowhere"},
      {[](auto& a) { a.docs += "/inner"; }, "has no overview.md"},
      {[](auto& a) { a.directory = a.docs; }, "is not empty"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.error);
    fs::remove_all(folder_ / "dist");
    err_.str("");
    auto arguments = Arguments();
    one.change(arguments);
    EXPECT_NE(Run(arguments), kExitOk);
    EXPECT_THAT(err_.str(), HasSubstr(one.error));
    EXPECT_FALSE(fs::exists(folder_ / "dist/package.json"));
  }
  EXPECT_EQ(Get("docs/overview.md"), "# S3\n");
}

}  // namespace
}  // namespace s3source
