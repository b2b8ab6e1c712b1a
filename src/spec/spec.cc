#include "spec/spec.h"

#include <arrow/result.h>
#include <arrow/status.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cloudquery/log/printable.h"
#include "spec/fields.h"
#include "spec/nearest_name.h"

namespace s3source {
namespace {

using arrow::Status;
using nlohmann::json;

bool EqualIgnoringCase(std::string_view left, std::string_view right) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

const Field* FindField(std::string_view key) {
  for (const Field& field : SpecFields()) {
    if (EqualIgnoringCase(field.name, key)) return &field;
  }
  return nullptr;
}

/// Whether fields of the spec lie inside of an object of this name.
bool IsObjectOfFields(std::string_view key) {
  return std::ranges::any_of(SpecFields(), [&](const Field& field) {
    const size_t dot = field.name.find('.');
    return dot != std::string_view::npos &&
           EqualIgnoringCase(field.name.substr(0, dot), key);
  });
}

/// Options that CloudQuery itself knows, and that people look for here.
bool IsOptionOfTheSource(std::string_view key) {
  constexpr std::string_view kOptions[] = {"backend_options", "deterministic_cq_id",
                                           "destinations",    "name",
                                           "otel_endpoint",   "registry",
                                           "skip_tables",     "skip_dependent_tables",
                                           "tables",          "version"};
  return std::find(std::begin(kOptions), std::end(kOptions), key) != std::end(kOptions);
}

Status UnknownField(std::string_view key) {
  const std::string problem =
      "unknown field \"" + cq::Printable(key, 64) + "\" in spec; ";
  if (IsOptionOfTheSource(key)) {
    return Status::Invalid(problem, "it belongs one level up, beside \"spec\"");
  }
  std::vector<std::string_view> names;
  for (const Field& field : SpecFields()) names.push_back(field.name);
  if (const auto nearest = NearestName(key, names); !nearest.empty()) {
    return Status::Invalid(problem, "did you mean \"", nearest, "\"?");
  }
  std::string known;
  for (const std::string_view name : names)
    known.append(known.empty() ? "" : ", ").append(name);
  return Status::Invalid(problem, "known fields: ", known);
}

/// Texts are not repeated: what stands at a wrong place may be a secret.
std::string Describe(const json& value) {
  switch (value.type()) {
    case json::value_t::boolean:
      return value.get<bool>() ? "the boolean true" : "the boolean false";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
      return "the number " + value.dump();
    case json::value_t::string:
      return "a string";
    case json::value_t::array:
      return "a list";
    case json::value_t::object:
      return "an object";
    default:
      return "nothing";
  }
}

Status WrongType(const Field& field, const json& value, std::string_view takes,
                 std::string_view hint = {}) {
  return Status::Invalid("field \"", field.name, "\" in spec takes ", takes, ", but got ",
                         Describe(value), hint);
}

Status Assign(const Field& field, const json& value, std::string Spec::*member,
              Spec& spec) {
  if (value.is_boolean()) {
    return WrongType(
        field, value, "a string",
        "; YAML reads no, off, yes, on and the like as booleans unless they stand "
        "in quotes: quote the value");
  }
  if (value.is_number()) return WrongType(field, value, "a string", "; quote the value");
  if (!value.is_string()) return WrongType(field, value, "a string");
  if (const auto& text = value.get_ref<const std::string&>(); !text.empty()) {
    spec.*member = text;
  }
  return Status::OK();
}

/// The CLI sends numbers through float64, so that 500 may come as 500.0 and large ones
/// rounded.
std::optional<int64_t> WholeNumber(const json& value) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return {};
    return static_cast<int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<int64_t>();
  if (!value.is_number_float()) return {};
  const auto number = value.get<double>();
  if (std::trunc(number) != number || number < -kTwoTo63 || number >= kTwoTo63) return {};
  return static_cast<int64_t>(number);
}

Status Assign(const Field& field, const json& value, int64_t Spec::*member, Spec& spec) {
  const auto number = WholeNumber(value);
  if (!number) {
    return WrongType(field, value, "a whole number of 64 bits",
                     value.is_string() ? "; write it without quotes" : "");
  }
  if (*number != 0) spec.*member = *number;
  return Status::OK();
}

Status Assign(const Field& field, const json& value, ByteSize Spec::*member, Spec& spec) {
  constexpr std::string_view kTakes =
      "a number of bytes of 64 bits, or a text such as \"512MiB\"";
  std::optional<int64_t> bytes;
  std::string_view hint;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    bytes = text.empty() ? 0 : ParseByteSize(text);
    hint =
        " that is no whole number with one of the units B, k, kB, Ki, KiB, M, MB, Mi, "
        "MiB, G, GB, Gi, GiB";
  } else {
    bytes = WholeNumber(value);
  }
  if (!bytes) return WrongType(field, value, kTakes, hint);
  (spec.*member).bytes = *bytes;
  return Status::OK();
}

Status Assign(const Field& field, const json& value, bool Spec::*member, Spec& spec) {
  if (!value.is_boolean()) {
    return WrongType(field, value, "true or false",
                     value.is_string() ? "; write it without quotes" : "");
  }
  spec.*member = value.get<bool>();
  return Status::OK();
}

Status Assign(const Field& field, const json& value, Duration Spec::*member, Spec& spec) {
  constexpr std::string_view kTakes = "a text such as \"24h\"";
  if (!value.is_string()) return WrongType(field, value, kTakes);
  const auto& text = value.get_ref<const std::string&>();
  if (text.empty()) return Status::OK();
  const auto duration = ParseDuration(text);
  if (!duration) {
    return WrongType(field, value, kTakes,
                     " that is no whole number with one of the units s, m, h, d, or is "
                     "longer than 100 years");
  }
  (spec.*member).value = *duration;
  return Status::OK();
}

/// Takes the fields of an object of the spec; `parent` is its name with a dot, or "".
Status TakeFields(const json& object, const std::string& parent,
                  std::set<const Field*>& seen, Spec& spec) {
  for (const auto& [key, value] : object.items()) {
    const std::string name = parent + key;
    if (parent.empty() && IsObjectOfFields(key)) {
      if (value.is_null()) continue;
      if (!value.is_object()) {
        return Status::Invalid("field \"", cq::Printable(key, 64),
                               "\" in spec takes an object, but got ", Describe(value));
      }
      ARROW_RETURN_NOT_OK(TakeFields(value, key + ".", seen, spec));
      continue;
    }
    const Field* field = name.find('.') == parent.find('.') ? FindField(name) : nullptr;
    if (field == nullptr) return UnknownField(name);
    if (!seen.insert(field).second) {
      return Status::Invalid(
          "field \"", field->name,
          "\" in spec is given more than once, in different letter case; "
          "keep one");
    }
    if (value.is_null()) continue;
    ARROW_RETURN_NOT_OK(std::visit(
        [&, v = &value](auto member) { return Assign(*field, *v, member, spec); },
        field->member));
  }
  return Status::OK();
}

arrow::Result<Spec> FromObject(const json& object) {
  Spec spec;
  std::set<const Field*> seen;
  ARROW_RETURN_NOT_OK(TakeFields(object, "", seen, spec));
  for (const Field& field : SpecFields()) {
    if (field.check != nullptr) ARROW_RETURN_NOT_OK(field.check(spec));
  }
  return spec;
}

arrow::Result<json> ParseObject(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return json::object();
  json value = json::parse(text);
  if (value.is_null()) return json::object();
  if (value.is_object()) return value;
  return Status::Invalid(
      "spec takes an object with fields such as bucket and region, but is ",
      Describe(value));
}

}  // namespace

arrow::Result<Spec> ParseSpec(std::string_view text) {
  try {
    ARROW_ASSIGN_OR_RAISE(const json object, ParseObject(text));
    return FromObject(object);
  } catch (const json::parse_error& error) {
    // The library's own text repeats a piece of the spec.
    return Status::Invalid("spec is not valid JSON: error at byte ", error.byte);
  } catch (const std::exception& error) {
    return Status::Invalid("spec cannot be read: ", cq::Printable(error.what()));
  }
}

}  // namespace s3source
