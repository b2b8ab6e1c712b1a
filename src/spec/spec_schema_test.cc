#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "spec/fields.h"
#include "spec/spec.h"

namespace s3source {
namespace {

using nlohmann::json;

json Schema() { return json::parse(SpecJsonSchema(), nullptr, false); }

bool HasType(const json& value, const std::string& type) {
  if (type == "null") return value.is_null();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type != "integer") ADD_FAILURE() << "unknown type " << type;
  return value.is_number() && std::trunc(value.get<double>()) == value.get<double>();
}

bool IsTaken(const json& schema, const json& value);

bool ObjectIsTaken(const json& schema, const json& object) {
  for (const auto& name : schema.value("required", json::array())) {
    if (!object.contains(name.get<std::string>())) return false;
  }
  for (const auto& [name, member] : object.items()) {
    if (!schema["properties"].contains(name)) return false;
    if (!IsTaken(schema["properties"][name], member)) return false;
  }
  return true;
}

/// As much of JSON Schema as ours needs. A keyword it does not know is a failure.
bool IsTaken(const json& schema, const json& value) {
  for (const auto& [keyword, rule] : schema.items()) {
    bool taken = true;
    if (keyword == "type") {
      taken = HasType(value, rule);
    } else if (keyword == "oneOf") {
      taken = std::count_if(rule.begin(), rule.end(), [&](const json& branch) {
                return IsTaken(branch, value);
              }) == 1;
    } else if (keyword == "enum") {
      taken = std::find(rule.begin(), rule.end(), value) != rule.end();
    } else if (keyword == "minLength") {
      taken = !value.is_string() || value.get<std::string>().size() >= rule.get<size_t>();
    } else if (keyword == "pattern") {
      taken = !value.is_string() ||
              ::testing::Matches(::testing::ContainsRegex(rule.get<std::string>()))(
                  value.get<std::string>());
    } else if (keyword == "minimum") {
      taken = !value.is_number() || value.get<double>() >= rule.get<double>();
    } else if (keyword == "properties") {
      taken = !value.is_object() || ObjectIsTaken(schema, value);
    } else if (keyword == "additionalProperties") {
      EXPECT_EQ(rule, false);  // ObjectIsTaken relies on it
    } else if (keyword != "required" && keyword != "description" &&
               keyword != "default" && keyword != "examples") {
      ADD_FAILURE() << "unknown keyword " << keyword;
    }
    if (!taken) return false;
  }
  return true;
}

bool SpecIsTaken(const json& spec) { return IsTaken(Schema()["$defs"]["Spec"], spec); }

TEST(SpecJsonSchema, HasTheFormOfCloudQuerysSchemas) {
  const json schema = Schema();
  ASSERT_TRUE(schema.is_object());
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["$ref"], "#/$defs/Spec");
  const json& spec = schema["$defs"]["Spec"];
  EXPECT_EQ(spec["type"], "object");
  EXPECT_EQ(spec["additionalProperties"], false);
  EXPECT_EQ(spec["required"], json({"bucket", "region"}));
}

TEST(SpecJsonSchema, DescribesTheParsersFields) {
  const json properties = Schema()["$defs"]["Spec"]["properties"];
  std::set<std::string> described, parsed;
  for (const auto& [name, schema] : properties.items()) {
    if (name == "incremental") {
      for (const auto& [inner, inner_schema] : schema["oneOf"][0]["properties"].items()) {
        described.insert(name + "." + inner);
        EXPECT_GT(inner_schema.value("description", "").size(), 10u) << inner;
      }
      continue;
    }
    described.insert(name);
    EXPECT_GT(schema.value("description", "").size(), 10u) << name;
  }
  for (const Field& field : SpecFields()) {
    parsed.emplace(field.name);
    EXPECT_TRUE(json::parse(field.schema, nullptr, false).is_object()) << field.name;
  }
  EXPECT_EQ(described, parsed);
  EXPECT_EQ(parsed, (std::set<std::string>{
                        "bucket", "region", "local_profile", "anonymous", "path_prefix",
                        "filetype", "rows_per_record", "concurrency", "endpoint",
                        "path_style", "memory_limit", "on_error", "max_errors",
                        "incremental.lookback", "incremental.receipts"}));
}

TEST(SpecJsonSchema, TellsTheDefaults) {
  const json properties = Schema()["$defs"]["Spec"]["properties"];
  EXPECT_FALSE(properties["bucket"].contains("default"));
  EXPECT_EQ(properties["filetype"]["default"], "parquet");
  EXPECT_EQ(properties["rows_per_record"]["default"], 500);
  EXPECT_EQ(properties["concurrency"]["default"], 50);
  EXPECT_EQ(properties["path_style"]["default"], false);
  EXPECT_EQ(properties["endpoint"]["default"], "");
  EXPECT_EQ(properties["memory_limit"]["default"], 0);
}

TEST(SpecJsonSchema, ExamplesAndDefaultsAreTakenByItAndByTheParser) {
  const json properties = Schema()["$defs"]["Spec"]["properties"];
  for (const auto& [name, schema] : properties.items()) {
    json values = schema.value("examples", json::array());
    if (schema.contains("default")) values.push_back(schema["default"]);
    for (const json& value : values) {
      json spec = {{"bucket", "b"}, {"region", "r"}};
      spec[name] = value;
      EXPECT_TRUE(SpecIsTaken(spec)) << spec;
      EXPECT_TRUE(ParseSpec(spec.dump()).ok()) << spec;
    }
  }
}

/// Values to put into any field: of every type, right and wrong.
const json& Values() {
  static const auto* const values = new json(json::parse(R"([
    null, true, false, 0, 1, -1, 500.0, 1.5, 1e300, 9223372036854775807, "", " ", "b", "b ",
    "parquet", "csv", "s3://b/p", "arn:aws:s3:::b", "b/p", "-b", "my-bucket.v2", "us-east-1",
    "http://h", "HTTPS://H:1/", "http://h/p", "http://u:p@h", "localhost:1", "data/ä/", "a\nb",
    "http://169.254.169.254", "64MiB", "1 gb", "1.5GB", 33554432, 64e6, [], ["b"], {}, {"a": 1}])"));
  return *values;
}

TEST(SpecJsonSchema, TakesWhateverTheParserTakes) {
  int taken_by_both = 0;
  for (const Field& field : SpecFields()) {
    for (const json& value : Values()) {
      json spec = {{"bucket", "b"}, {"region", "r"}};
      spec[std::string(field.name)] = value;
      if (!ParseSpec(spec.dump()).ok()) continue;
      EXPECT_TRUE(SpecIsTaken(spec)) << spec;
      ++taken_by_both;
    }
  }
  EXPECT_GT(taken_by_both, 50);
}

TEST(SpecJsonSchema, RefusesWhatUsersGetWrongMost) {
  const json good = {{"bucket", "b"}, {"region", "r"}};
  ASSERT_TRUE(SpecIsTaken(good));
  const auto with = [&](const char* name, const json& value) {
    json spec = good;
    spec[name] = value;
    return spec;
  };
  for (const json& spec :
       {json::object(), json{{"bucket", "b"}}, with("bucket", ""), with("bucket", false),
        with("bucket", "s3://b/p"), with("region", ""), with("buket", "b"),
        with("filetype", "csv"), with("rows_per_record", -1),
        with("rows_per_record", 1.5), with("concurrency", "50"),
        with("path_style", "true"), with("endpoint", "localhost"),
        with("memory_limit", "1.5GB"), with("memory_limit", -1),
        with("memory_limit", "lots"), with("memory_limit", true),
        with("endpoint", "http://u:p@h"), with("endpoint", "http://h/p")}) {
    EXPECT_FALSE(SpecIsTaken(spec)) << spec;
    EXPECT_FALSE(ParseSpec(spec.dump()).ok()) << spec;
  }
}

}  // namespace
}  // namespace s3source
