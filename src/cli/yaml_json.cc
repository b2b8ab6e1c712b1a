#include "cli/yaml_json.h"

#include <arrow/util/utf8.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "cli/expand.h"
#include "cli/yaml_scalar.h"
#include "cloudquery/log/printable.h"

namespace s3source {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxDepth = 64;
/// Aliases can make a small text very large.
constexpr int kMaxValues = 100000;

std::string Escaped(std::string key) {
  for (size_t at = 0; (at = key.find_first_of("~/", at)) != std::string::npos; at += 2) {
    key.replace(at, 1, key[at] == '~' ? "~0" : "~1");
  }
  return key;
}

/// Turns one document of yaml-cpp into JSON. Lines are those of `file` everywhere, also
/// inside a variable's value.
class Converter {
 public:
  Converter(const std::string& file, const Variables* variables, int fixed_line)
      : file_(file), variables_(variables), fixed_line_(fixed_line) {}

  arrow::Result<YamlDocument> Convert(const YAML::Node& root) {
    YamlDocument document;
    lines_ = &document.lines;
    ARROW_ASSIGN_OR_RAISE(document.value, Value(root, "", 0));
    return document;
  }

 private:
  int LineOf(const YAML::Node& node) const {
    return fixed_line_ > 0 ? fixed_line_ : std::max(node.Mark().line + 1, 1);
  }

  template <typename... Text>
  arrow::Status Error(const YAML::Node& node, Text&&... text) const {
    return arrow::Status::Invalid(file_, ":", LineOf(node), ": ",
                                  std::forward<Text>(text)...);
  }

  arrow::Result<Json> Value(const YAML::Node& node, const std::string& pointer,
                            int depth) {
    if (depth > kMaxDepth) return Error(node, "nested more than ", kMaxDepth, " levels");
    if (++values_ > kMaxValues) return Error(node, "more than ", kMaxValues, " values");
    lines_->emplace(pointer, LineOf(node));
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return Scalar(node);
      case YAML::NodeType::Sequence:
        return Sequence(node, pointer, depth);
      case YAML::NodeType::Map:
        return Mapping(node, pointer, depth);
      default:
        return Json(nullptr);
    }
  }

  arrow::Result<Json> Sequence(const YAML::Node& node, const std::string& pointer,
                               int depth) {
    Json list = Json::array();
    for (const auto& item : node) {
      ARROW_ASSIGN_OR_RAISE(
          Json value,
          Value(item, pointer + "/" + std::to_string(list.size()), depth + 1));
      list.push_back(std::move(value));
    }
    return list;
  }

  arrow::Result<Json> Mapping(const YAML::Node& node, const std::string& pointer,
                              int depth) {
    Json map = Json::object();
    Json merged = Json::object();
    for (const auto& item : node) {
      if (IsPlain(item.first) && item.first.Scalar() == "<<") {
        ARROW_RETURN_NOT_OK(Merge(item.second, pointer, depth, merged));
        continue;
      }
      ARROW_ASSIGN_OR_RAISE(std::string key, Key(item.first));
      const std::string inner = pointer + "/" + Escaped(key);
      if (map.contains(key)) {
        return Error(item.first, "`", cq::Printable(key),
                     "` is set a second time (first on line ", (*lines_)[inner], ")");
      }
      // Not the value's: an empty one stands on the line below.
      lines_->insert_or_assign(inner, LineOf(item.first));
      ARROW_ASSIGN_OR_RAISE(map[std::move(key)], Value(item.second, inner, depth + 1));
    }
    AddMissing(merged, map);
    return map;
  }

  static void AddMissing(const Json& from, Json& map) {
    for (const auto& [key, value] : from.items()) {
      if (!map.contains(key)) map[key] = value;
    }
  }

  /// `<<: *defaults` or a list of such; the first to set a key wins.
  arrow::Status Merge(const YAML::Node& from, const std::string& pointer, int depth,
                      Json& merged) {
    if (from.IsSequence()) {
      for (const auto& item : from) {
        if (!item.IsMap()) return Error(from, "`<<` takes mappings");
        ARROW_RETURN_NOT_OK(Merge(item, pointer, depth, merged));
      }
      return arrow::Status::OK();
    }
    if (!from.IsMap()) return Error(from, "`<<` takes a mapping or a list of mappings");
    ARROW_ASSIGN_OR_RAISE(Json values, Value(from, pointer, depth + 1));
    AddMissing(values, merged);
    return arrow::Status::OK();
  }

  arrow::Result<std::string> Key(const YAML::Node& node) {
    if (node.IsNull()) return std::string("null");
    if (!node.IsScalar()) return Error(node, "a key must be text");
    ARROW_ASSIGN_OR_RAISE(const Json key, Scalar(node));
    return key.is_string() ? key.get<std::string>() : key.dump();
  }

  static bool IsPlain(const YAML::Node& node) {
    return node.IsScalar() && node.Tag() == "?";
  }

  arrow::Result<Json> Scalar(const YAML::Node& node) {
    std::string text = node.Scalar();
    const bool marked = variables_ != nullptr && variables_->Marked(text);
    if (marked) {
      auto filled = variables_->Fill(text);
      if (!filled.ok()) return Error(node, filled.status().message());
      text = *std::move(filled);
      if (IsPlain(node)) return Inner(node, text);
    }
    if (!IsPlain(node)) return Text(node, std::move(text));
    auto value = ResolvePlainScalar(text);
    if (!value.ok()) return Error(node, value.status().message());
    return value;
  }

  /// The YAML that a variable outside quotes holds.
  arrow::Result<Json> Inner(const YAML::Node& node, const std::string& text) {
    const std::string what =
        "the value of " + cq::Printable(variables_->Unmark(node.Scalar()));
    try {
      auto inner = Converter(file_, nullptr, LineOf(node)).Convert(YAML::Load(text));
      if (!inner.ok()) return Error(node, what, " cannot be used as it is");
      return std::move(inner->value);
    } catch (const std::exception&) {
      // Its text could show a secret.
      return Error(node, what, " is not valid YAML; put quotes around it if it is text");
    }
  }

  arrow::Result<Json> Text(const YAML::Node& node, std::string text) {
    // JSON cannot carry anything else, and a variable may hold it.
    arrow::util::InitializeUTF8();
    if (!arrow::util::ValidateUTF8(text)) return Error(node, "not valid UTF-8");
    return Json(std::move(text));
  }

  const std::string& file_;
  const Variables* variables_;
  int fixed_line_;
  int values_ = 0;
  std::map<std::string, int>* lines_ = nullptr;
};

}  // namespace

int YamlDocument::LineOf(std::string pointer) const {
  while (true) {
    const auto found = lines.find(pointer);
    if (found != lines.end()) return found->second;
    const size_t slash = pointer.rfind('/');
    if (slash == std::string::npos) return 1;
    pointer.resize(slash);
  }
}

arrow::Result<std::vector<YamlDocument>> ParseYaml(std::string_view text,
                                                   const std::string& file,
                                                   const Environment& environment) {
  const Variables variables(text, environment);
  try {
    std::vector<YamlDocument> documents;
    for (const YAML::Node& root : YAML::LoadAll(variables.marked_text())) {
      ARROW_ASSIGN_OR_RAISE(YamlDocument document,
                            Converter(file, &variables, 0).Convert(root));
      if (!document.value.is_null()) documents.push_back(std::move(document));
    }
    return documents;
  } catch (const YAML::Exception& error) {
    return arrow::Status::Invalid(file, ":", error.mark.line + 1, ": not valid YAML: ",
                                  cq::Printable(variables.Unmark(error.msg)));
  } catch (const std::exception& error) {
    return arrow::Status::Invalid(
        file, ": cannot be read as YAML: ", cq::Printable(error.what()));
  }
}

}  // namespace s3source
