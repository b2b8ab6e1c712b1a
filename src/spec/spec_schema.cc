#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "spec/fields.h"
#include "spec/spec.h"

namespace s3source {
namespace {

using Json = nlohmann::ordered_json;

Json TypeSchema(std::string Spec::*) { return {{"type", "string"}}; }
Json TypeSchema(int64_t Spec::*) { return {{"type", "integer"}}; }
Json TypeSchema(bool Spec::*) { return {{"type", "boolean"}}; }
Json TypeSchema(ByteSize Spec::*) {
  const Json number{{"type", "integer"}, {"minimum", 0}};
  const Json text{{"type", "string"}, {"pattern", "^([0-9]+ ?([kKmMgG][iI]?)?[bB]?)?$"}};
  return {{"oneOf", Json::array({number, text})}};
}

Json TypeSchema(Duration Spec::*) {
  return {{"type", "string"}, {"pattern", "^([0-9]+ ?[smhd])?$"}};
}

const std::string& Value(const std::string& value) { return value; }
int64_t Value(int64_t value) { return value; }
bool Value(bool value) { return value; }
int64_t Value(ByteSize value) { return value.bytes; }
std::string Value(Duration value) { return FormatDuration(value.value); }

Json FieldSchema(const Field& field) {
  Json value;
  std::visit([&](auto member) { value = TypeSchema(member); }, field.member);
  value.update(Json::parse(field.schema, nullptr, false));
  if (field.required) {
    Json schema{{"description", field.description}};
    schema.update(value);
    return schema;
  }
  Json schema{{"description", field.description}};
  std::visit([&](auto member) { schema["default"] = Value(Spec{}.*member); },
             field.member);
  if (value.contains("examples")) {
    schema["examples"] = value["examples"];
    value.erase("examples");
  }
  schema["oneOf"] = Json::array({value, Json{{"type", "null"}}});
  return schema;
}

/// A field inside of an object makes the object too.
void Put(const Field& field, Json& properties) {
  const std::string name(field.name);
  const size_t dot = name.find('.');
  if (dot == std::string::npos) {
    properties[name] = FieldSchema(field);
    return;
  }
  Json& object = properties[name.substr(0, dot)];
  if (object.is_null()) {
    object = {{"oneOf", Json::array({Json{{"type", "object"},
                                          {"properties", Json::object()},
                                          {"additionalProperties", false}},
                                     Json{{"type", "null"}}})}};
  }
  object["oneOf"][0]["properties"][name.substr(dot + 1)] = FieldSchema(field);
}

}  // namespace

std::string SpecJsonSchema() {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Field& field : SpecFields()) {
    Put(field, properties);
    if (field.required) required.push_back(field.name);
  }
  const Json spec{{"description", "Where the Parquet objects are and how to read them."},
                  {"type", "object"},
                  {"properties", properties},
                  {"required", required},
                  {"additionalProperties", false}};
  const Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                    {"$ref", "#/$defs/Spec"},
                    {"$defs", {{"Spec", spec}}}};
  return schema.dump(2);
}

}  // namespace s3source
