#include "cli/yaml_json.h"

#include <gmock/gmock.h>

#include <map>

#include "cli/testing/temp_folder.h"
#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using cq::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::optional<std::string> Variable(const std::string& name) {
  const std::map<std::string, std::string> values = {
      {"WORD", "hello"},      {"NUMBER", "42"},
      {"LIST", "[a, b]"},     {"TRICKY", "a: b # c \"d\" 'e'"},
      {"TWO", "one\ntwo"},    {"EMPTY", ""},
      {"SECRET", "{hunter2"}, {"BYTES", "\xff\xfe"}};
  const auto found = values.find(name);
  if (found == values.end()) return std::nullopt;
  return found->second;
}

arrow::Result<std::string> ToJson(const std::string& yaml) {
  ARROW_ASSIGN_OR_RAISE(const auto documents, ParseYaml(yaml, "c.yml", Variable));
  std::string json;
  for (const YamlDocument& document : documents) {
    json += (json.empty() ? "" : " ") + document.value.dump();
  }
  return json;
}

TEST(ParseYaml, GivesScalarsTheTypesOfCloudQuerysCli) {
  struct Case {
    const char* yaml;
    const char* json;
  };
  const Case cases[] = {
      {"v: text", R"({"v":"text"})"},
      {"v: 17", R"({"v":17})"},
      {"v: -17", R"({"v":-17})"},
      {"v: +17", R"({"v":17})"},
      {"v: 9007199254740993", R"({"v":9007199254740993})"},
      {"v: -9223372036854775808", R"({"v":-9223372036854775808})"},
      {"v: 18446744073709551615", R"({"v":18446744073709551615})"},
      {"v: 1_000", R"({"v":1000})"},
      {"v: 0x1F", R"({"v":31})"},
      {"v: 0b101", R"({"v":5})"},
      {"v: 017", R"({"v":15})"},
      {"v: 0o17", R"({"v":15})"},
      {"v: 08", R"({"v":8})"},
      {"v: 1.5", R"({"v":1.5})"},
      {"v: .5", R"({"v":0.5})"},
      {"v: 1e3", R"({"v":1000})"},
      {"v: 1.2.3", R"({"v":"1.2.3"})"},
      {"v: '17'", R"({"v":"17"})"},
      {"v: \"17\"", R"({"v":"17"})"},
      {"v: |\n  17", R"({"v":"17"})"},
      {"v: yes", R"({"v":true})"},
      {"v: On", R"({"v":true})"},
      {"v: y", R"({"v":true})"},
      {"v: NO", R"({"v":false})"},
      {"v: off", R"({"v":false})"},
      {"v: 'no'", R"({"v":"no"})"},
      {"v: yEs", R"({"v":"yEs"})"},
      {"n: 5", R"({"false":5})"},
      {"v:", R"({"v":null})"},
      {"v: ~", R"({"v":null})"},
      {"v: Null", R"({"v":null})"},
      {"v: ''", R"({"v":""})"},
      {"v: 2024-01-31", R"({"v":"2024-01-31"})"},
      {"v: [1, a, {b: c}]", R"({"v":[1,"a",{"b":"c"}]})"},
      {"b: &x {p: 1, q: 2}\nv: {<<: *x, q: 3}",
       R"({"b":{"p":1,"q":2},"v":{"q":3,"p":1}})"},
      {"v: donn\u00e9es/\u65e5\u672c", "{\"v\":\"donn\u00e9es/\u65e5\u672c\"}"},
      {"a: 1\n---\n# nothing\n---\nb: 2\n", R"({"a":1} {"b":2})"},
      {"a: 1\r\nb: 2\r\n", R"({"a":1,"b":2})"},
      {"", ""},
      {"# only a comment\n", ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.yaml);
    const auto json = ToJson(c.yaml);
    ASSERT_OK(json);
    EXPECT_EQ(*json, c.json);
  }
}

TEST(ParseYaml, ReplacesVariables) {
  struct Case {
    const char* yaml;
    const char* json;
  };
  const Case cases[] = {
      {"v: ${WORD}", R"({"v":"hello"})"},
      {"v: a-${WORD}-${NUMBER}", R"({"v":"a-hello-42"})"},
      {"v: ${NUMBER}", R"({"v":42})"},
      {"v: '${NUMBER}'", R"({"v":"42"})"},
      {"v: ${LIST}", R"({"v":["a","b"]})"},
      {"v: [${WORD}, ${NUMBER}]", R"({"v":["hello",42]})"},
      {"${WORD}: 1", R"({"hello":1})"},
      {"v: \"${TRICKY}\"", R"({"v":"a: b # c \"d\" 'e'"})"},
      {"v: \"${TWO}\"", R"({"v":"one\ntwo"})"},
      {"v: ${EMPTY}", R"({"v":null})"},
      {"v: 1 # ${UNSET}", R"({"v":1})"},
      {"# ${UNSET}\nv: 1", R"({"v":1})"},
      {"v: $WORD ${}", R"({"v":"$WORD ${}"})"},
      {"v: '${WORD'", R"({"v":"${WORD"})"},
      {"v: CQVARIABLE0Z ${WORD}", R"({"v":"CQVARIABLE0Z hello"})"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.yaml);
    const auto json = ToJson(c.yaml);
    ASSERT_OK(json);
    EXPECT_EQ(*json, c.json);
  }
}

TEST(ParseYaml, ReplacesFiles) {
  const testing::TempFolder folder;
  const std::string path = folder.Write("secret", "p'a: #ss");
  EXPECT_EQ(*ToJson("v: '${file:" + path + "}'"), R"({"v":"p'a: #ss"})");
  EXPECT_THAT(ToJson("a: 1\nv: ${file:" + (folder / "none") + "}"),
              StatusIs(arrow::StatusCode::Invalid,
                       AllOf(HasSubstr("c.yml:2: "), HasSubstr(folder / "none"),
                             HasSubstr("No such file"))));
}

TEST(ParseYaml, NamesFileAndLineOfWhatIsWrong) {
  struct Case {
    const char* yaml;
    const char* line;
    const char* text;
  };
  const Case cases[] = {
      {"a: 1\nb: [1, 2\nc: 3\n", "c.yml:3: ", "not valid YAML"},
      {"a: 1\n\tb: 2\n", "c.yml:2: ", "not valid YAML"},
      {"a: *none", "c.yml:1: ", "anchor"},
      {"a: 1\nb: 2\na: 3", "c.yml:3: ", "`a` is set a second time (first on line 1)"},
      {"a: 1\nb: ${UNSET}", "c.yml:2: ", "UNSET is not set"},
      {"a: 1\nb: .inf", "c.yml:2: ", "infinity"},
      {"a: 1\n[1, 2]: 3", "c.yml:2: ", ""},
      {"a: &x [*x]", "c.yml:1: ", ""},
      {"a: \"${BYTES}\"", "c.yml:1: ", "UTF-8"},
      {"a: {<<: 1}", "c.yml:1: ", "`<<`"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.yaml);
    EXPECT_THAT(ToJson(c.yaml), StatusIs(arrow::StatusCode::Invalid,
                                         AllOf(StartsWith(c.line), HasSubstr(c.text))));
  }
}

TEST(ParseYaml, NeverShowsTheValueOfAVariable) {
  EXPECT_THAT(ToJson("a: 1\nb: ${SECRET}"),
              StatusIs(arrow::StatusCode::Invalid,
                       AllOf(StartsWith("c.yml:2: "), HasSubstr("${SECRET}"),
                             Not(HasSubstr("hunter2")))));
}

TEST(ParseYaml, BoundsDepthAndAliases) {
  EXPECT_THAT(ToJson("a: " + std::string(100, '[') + std::string(100, ']')),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("levels")));
  std::string laughs = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 8; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) laughs += (j > 0 ? ", " : "") + before;
    laughs += "]\n";
  }
  EXPECT_THAT(ToJson(laughs), StatusIs(arrow::StatusCode::Invalid, HasSubstr("values")));
}

TEST(ParseYaml, KnowsTheLineOfEveryValue) {
  ASSERT_OK_AND_ASSIGN(
      const auto documents,
      ParseYaml("x: 1\n---\na:\n  b/c: 2\n  d:\n    - 1\n    - 2\n", "c.yml", Variable));
  const YamlDocument& document = documents.at(1);
  EXPECT_EQ(document.LineOf("/a"), 3);
  EXPECT_EQ(document.LineOf("/a/b~1c"), 4);
  EXPECT_EQ(document.LineOf("/a/d/1"), 7);
  EXPECT_EQ(document.LineOf("/a/none/such"), 3);
}

}  // namespace
}  // namespace s3source
