#include "cli/config.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "cli/text_file.h"
#include "cli/yaml_json.h"
#include "cloudquery/log/printable.h"

namespace s3source {

namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMaxConfigBytes = 4 << 20;

/// Fields of a source that are used here, or rightly only by CloudQuery's own CLI.
constexpr std::array<std::string_view, 13> kUnremarkable = {"name",
                                                            "tables",
                                                            "skip_tables",
                                                            "spec",
                                                            "version",
                                                            "path",
                                                            "registry",
                                                            "docker_registry_auth_token",
                                                            "destinations",
                                                            "deterministic_cq_id",
                                                            "otel_endpoint",
                                                            "otel_endpoint_insecure",
                                                            "skip_dependent_tables"};

/// A source document and the file it stands in.
struct Source {
  const std::string& file;
  const YamlDocument& document;

  const Json& spec() const { return document.value.at("spec"); }
  std::string At(const std::string& pointer) const {
    return file + ":" + std::to_string(document.LineOf(pointer));
  }
  arrow::Status Error(const std::string& pointer, const std::string& text) const {
    return arrow::Status::Invalid(At(pointer), ": ", text);
  }

  arrow::Result<std::string> Name() const {
    const auto name = spec().find("name");
    if (name == spec().end() || !name->is_string() ||
        name->get_ref<const std::string&>().empty()) {
      return Error("/spec/name",
                   "the source needs a `name:`, in quotes if it looks like a "
                   "number");
    }
    return name->get<std::string>();
  }

  arrow::Result<std::vector<std::string>> Names(const std::string& field) const {
    std::vector<std::string> names;
    const auto list = spec().find(field);
    if (list == spec().end() || list->is_null()) return names;
    const std::string pointer = "/spec/" + field;
    const std::string wanted = "`" + field +
                               "` must be a list of names, such as "
                               "[\"*\"]";
    if (!list->is_array()) return Error(pointer, wanted);
    for (const Json& name : *list) {
      if (!name.is_string()) return Error(pointer, wanted + "; put quotes around each");
      names.push_back(name.get<std::string>());
    }
    return names;
  }
};

arrow::Result<std::vector<Source>> FindSources(const std::vector<YamlDocument>& documents,
                                               const std::string& file) {
  std::vector<Source> sources;
  for (const YamlDocument& document : documents) {
    const Source source{file, document};
    if (!document.value.is_object() || !document.value.contains("kind")) {
      return source.Error("",
                          "a document of a CloudQuery configuration begins with "
                          "`kind: source` or `kind: destination`");
    }
    const Json& kind = document.value.at("kind");
    if (kind != "source" && kind != "destination" && kind != "transformer") {
      return source.Error("/kind", "unknown kind " + cq::Printable(kind.dump()) +
                                       "; expected source, destination or transformer");
    }
    if (kind != "source") continue;
    if (!document.value.contains("spec") || !document.value.at("spec").is_object()) {
      return source.Error("/spec",
                          "the source needs a `spec:` block with name, tables "
                          "and the plugin's own `spec:`");
    }
    sources.push_back(source);
  }
  return sources;
}

arrow::Result<const Source*> Choose(const std::vector<Source>& sources,
                                    const std::string& wanted, const std::string& file) {
  if (sources.empty()) {
    return arrow::Status::Invalid(file, ": no document with `kind: source` in it");
  }
  std::vector<std::string> names;
  const Source* chosen = nullptr;
  for (const Source& source : sources) {
    ARROW_ASSIGN_OR_RAISE(std::string name, source.Name());
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return source.Error("/spec/name",
                          "a second source of the name " + cq::Printable(name));
    }
    if (name == wanted) chosen = &source;
    names.push_back(std::move(name));
  }
  if (wanted.empty() && sources.size() == 1) return &sources.front();
  if (chosen != nullptr) return chosen;
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + cq::Printable(name);
  }
  if (wanted.empty()) {
    return arrow::Status::Invalid(
        file, ": ", names.size(),
        " sources in it; choose one with --source NAME: ", list);
  }
  return arrow::Status::Invalid(file, ": no source named ", cq::Printable(wanted),
                                " in it; there is: ", list);
}

std::vector<std::string> Notes(const Source& source) {
  std::vector<std::string> notes;
  for (const auto& [field, value] : source.spec().items()) {
    if (std::find(kUnremarkable.begin(), kUnremarkable.end(), field) !=
        kUnremarkable.end()) {
      continue;
    }
    const std::string at = source.At("/spec/" + field);
    if (field == "backend_options") {
      notes.push_back(at +
                      ": backend_options is not used here: sync keeps its state in "
                      "the target directory");
    } else {
      notes.push_back(at + ": field `" + cq::Printable(field) +
                      "` is not known and not used; the plugin's own fields stand one "
                      "level deeper, under spec: spec:");
    }
  }
  return notes;
}

}  // namespace

arrow::Result<SourceConfig> LoadConfig(const std::string& file, const std::string& source,
                                       const Environment& environment) {
  ARROW_ASSIGN_OR_RAISE(const std::string text, ReadTextFile(file, kMaxConfigBytes));
  const std::string name = cq::Printable(file);
  ARROW_ASSIGN_OR_RAISE(const auto documents, ParseYaml(text, name, environment));
  ARROW_ASSIGN_OR_RAISE(const auto sources, FindSources(documents, name));
  ARROW_ASSIGN_OR_RAISE(const Source* chosen, Choose(sources, source, name));

  SourceConfig config;
  ARROW_ASSIGN_OR_RAISE(config.name, chosen->Name());
  ARROW_ASSIGN_OR_RAISE(config.filter.tables, chosen->Names("tables"));
  if (config.filter.tables.empty()) config.filter.tables = {"*"};
  ARROW_ASSIGN_OR_RAISE(config.filter.skip_tables, chosen->Names("skip_tables"));
  const auto own = chosen->spec().find("spec");
  config.spec_json = own == chosen->spec().end() || own->is_null() ? "{}" : own->dump();
  config.location = chosen->At("/spec/spec");
  config.notes = Notes(*chosen);
  return config;
}

}  // namespace s3source
