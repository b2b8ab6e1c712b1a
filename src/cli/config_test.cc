#include "cli/config.h"

#include <gmock/gmock.h>

#include "cli/testing/temp_folder.h"
#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using cq::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kFull[] = R"(# The configuration of the README.
kind: source
spec:
  name: lake
  path: ./cq-source-s3
  registry: local
  tables: ["data_*", events]
  skip_tables: [data_tmp]
  skip_dependent_tables: false
  destinations: [postgresql]
  backend_options:
    table_name: state
    connection: "@@plugins.postgresql.connection"
  spec:
    bucket: "${BUCKET}"
    region: eu-central-1
    concurrency: 20
    path_style: yes
---
kind: destination
spec:
  name: postgresql
  spec:
    connection_string: "${PG}"
)";

std::optional<std::string> Variable(const std::string& name) {
  if (name == "BUCKET") return "my-lake";
  if (name == "PG") return "postgresql://secret";
  return std::nullopt;
}

class Config : public ::testing::Test {
 protected:
  arrow::Result<SourceConfig> Load(const std::string& yaml,
                                   const std::string& source = "") {
    return LoadConfig(folder_.Write("c.yml", yaml), source, Variable);
  }

  testing::TempFolder folder_;
};

TEST_F(Config, TakesTheSourceOfAnOrdinaryCloudQueryFile) {
  ASSERT_OK_AND_ASSIGN(const SourceConfig config, Load(kFull));
  EXPECT_EQ(config.name, "lake");
  EXPECT_THAT(config.filter.tables, ElementsAre("data_*", "events"));
  EXPECT_THAT(config.filter.skip_tables, ElementsAre("data_tmp"));
  EXPECT_EQ(config.spec_json, R"({"bucket":"my-lake","region":"eu-central-1",)"
                              R"("concurrency":20,"path_style":true})");
  EXPECT_EQ(config.location, (folder_ / "c.yml") + ":14");
  EXPECT_THAT(config.notes, ElementsAre(AllOf(HasSubstr("c.yml:11: "),
                                              HasSubstr("backend_options is not used"))));
}

TEST_F(Config, TakesAllTablesWhereNoneAreNamed) {
  ASSERT_OK_AND_ASSIGN(const SourceConfig config,
                       Load("kind: source\nspec: {name: a, spec: {bucket: b}}"));
  EXPECT_THAT(config.filter.tables, ElementsAre("*"));
  EXPECT_THAT(config.notes, IsEmpty());
}

TEST_F(Config, HasAnEmptySpecWhereThereIsNone) {
  EXPECT_EQ(Load("kind: source\nspec: {name: a}")->spec_json, "{}");
  EXPECT_EQ(Load("kind: source\nspec:\n  name: a\n  spec:\n")->spec_json, "{}");
}

TEST_F(Config, ChoosesAmongSeveralSources) {
  const std::string two =
      "kind: source\nspec: {name: a, spec: {bucket: one}}\n---\n"
      "kind: source\nspec: {name: b, spec: {bucket: two}}\n";
  EXPECT_EQ(Load(two, "b")->spec_json, R"({"bucket":"two"})");
  EXPECT_THAT(Load(two), StatusIs(arrow::StatusCode::Invalid,
                                  AllOf(HasSubstr("--source"), HasSubstr("a, b"))));
  EXPECT_THAT(Load(two, "c"), StatusIs(arrow::StatusCode::Invalid,
                                       AllOf(HasSubstr("named c"), HasSubstr("a, b"))));
  EXPECT_THAT(Load("kind: source\nspec: {name: a}", "b"),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("named b")));
}

TEST_F(Config, RemarksOnFieldsAtTheWrongLevel) {
  ASSERT_OK_AND_ASSIGN(const SourceConfig config,
                       Load("kind: source\nspec:\n  name: a\n  bucket: b\n"));
  EXPECT_THAT(config.notes,
              ElementsAre(AllOf(HasSubstr("c.yml:4: "), HasSubstr("`bucket`"),
                                HasSubstr("spec: spec:"))));
}

TEST_F(Config, SaysWhereTheFileIsWrong) {
  struct Case {
    const char* yaml;
    const char* text;
  };
  const Case cases[] = {
      {"", "c.yml: no document with `kind: source`"},
      {"kind: destination\nspec: {name: a}", "c.yml: no document with `kind: source`"},
      {"name: a", "c.yml:1: a document of a CloudQuery configuration begins with"},
      {"- a", "c.yml:1: a document"},
      {"kind: sauce\nspec: {name: a}", "c.yml:1: unknown kind \"sauce\""},
      {"kind: source", "c.yml:1: the source needs a `spec:` block"},
      {"kind: source\nspec: 1", "c.yml:2: the source needs a `spec:` block"},
      {"kind: source\nspec: {tables: [a]}", "c.yml:2: the source needs a `name:`"},
      {"kind: source\nspec:\n  tables: [a]\n  name: 1", "c.yml:4: the source needs"},
      {"kind: source\nspec:\n  name: a\n  tables: a", "c.yml:4: `tables` must be a list"},
      {"kind: source\nspec:\n  name: a\n  skip_tables: [2024]", "c.yml:4: `skip_tables`"},
      {"kind: source\nspec: {name: a}\n---\nkind: source\nspec: {name: a}",
       "c.yml:5: a second source of the name a"},
      {"kind: source\nspec:\n  name: ${UNSET}", "c.yml:3: environment variable UNSET"},
      {"kind: source\nspec: {name: a\n", "c.yml:"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.yaml);
    EXPECT_THAT(Load(c.yaml), StatusIs(arrow::StatusCode::Invalid, HasSubstr(c.text)));
  }
}

TEST_F(Config, SaysWhyTheFileCannotBeRead) {
  EXPECT_THAT(LoadConfig(folder_ / "none.yml", "", Variable),
              StatusIs(arrow::StatusCode::IOError,
                       AllOf(HasSubstr("none.yml"), HasSubstr("No such file"))));
  EXPECT_THAT(LoadConfig(folder_.path().string(), "", Variable),
              StatusIs(arrow::StatusCode::IOError, HasSubstr("is a directory")));
}

}  // namespace
}  // namespace s3source
