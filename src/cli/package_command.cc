#include "cli/package_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <system_error>
#include <utility>

#include "cli/durable_file.h"
#include "cli/text_file.h"
#include "cli/zip_file.h"
#include "cloudquery/log/printable.h"
#include "cloudquery/serve/guarded.h"

namespace s3source {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr int64_t kMaxProgramBytes = int64_t{1} << 31;
constexpr int64_t kMaxPageBytes = int64_t{1} << 20;
constexpr int kSchemaVersion = 1;
constexpr int kProtocol = 3;

struct Program {
  std::string os;
  std::string arch;
  fs::path file;
};

arrow::Result<Program> ParseProgram(const std::string& text) {
  static const std::regex form("(linux|darwin|windows)/(amd64|arm64)=(.+)");
  std::smatch match;
  if (!std::regex_match(text, match, form)) {
    return arrow::Status::Invalid(
        "'", cq::Printable(text),
        "' is not OS/ARCH=FILE, such as linux/amd64=cq-source-s3");
  }
  return Program{match[1], match[2], match[3].str()};
}

arrow::Status CheckVersion(const std::string& version) {
  static const std::regex form(R"(v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?)");
  if (std::regex_match(version, form)) return arrow::Status::OK();
  return arrow::Status::Invalid("--version '", cq::Printable(version),
                                "' must be a version such as v1.2.3");
}

arrow::Status Write(const fs::path& path, const std::string& content) {
  return WriteDurably(path, content);
}

arrow::Result<ordered_json> WriteProgram(const Program& program,
                                         const PackageArguments& arguments) {
  ARROW_ASSIGN_OR_RAISE(const std::string content,
                        ReadTextFile(program.file, kMaxProgramBytes));
  const std::string name = fmt::format("plugin-{}-{}-{}-{}", arguments.name,
                                       arguments.version, program.os, program.arch);
  ARROW_ASSIGN_OR_RAISE(const std::string zip, ZipOfOneFile(name, content));
  ARROW_RETURN_NOT_OK(Write(fs::path(arguments.directory) / (name + ".zip"), zip));
  ARROW_ASSIGN_OR_RAISE(const std::string digest, Sha256(zip));
  return ordered_json{{"os", program.os},
                      {"arch", program.arch},
                      {"path", name + ".zip"},
                      {"checksum", "sha256:" + digest}};
}

arrow::Status CopyDocs(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::is_regular_file(from / "overview.md", error)) {
    return arrow::Status::Invalid("--docs ", cq::Printable(from.string()),
                                  " has no overview.md, the page that the hub shows");
  }
  ARROW_RETURN_NOT_OK(MakeFolder(to));
  for (const auto& entry : fs::directory_iterator(from, error)) {
    if (entry.path().extension() != ".md" || !entry.is_regular_file(error)) continue;
    ARROW_ASSIGN_OR_RAISE(const std::string page,
                          ReadTextFile(entry.path(), kMaxPageBytes));
    ARROW_RETURN_NOT_OK(Write(to / entry.path().filename(), page));
  }
  return arrow::Status::OK();
}

arrow::Status Package(const PackageArguments& arguments, const CommandContext& context) {
  ARROW_RETURN_NOT_OK(CheckVersion(arguments.version));
  std::vector<Program> programs;
  for (const std::string& text : arguments.programs) {
    ARROW_ASSIGN_OR_RAISE(Program program, ParseProgram(text));
    programs.push_back(std::move(program));
  }
  const fs::path folder = arguments.directory;
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
    return arrow::Status::Invalid("--to ", cq::Printable(folder.string()),
                                  " is not empty: remove it, or name another folder");
  }
  ARROW_RETURN_NOT_OK(MakeFolder(folder));
  ARROW_RETURN_NOT_OK(CopyDocs(arguments.docs, folder / "docs"));
  ordered_json targets = ordered_json::array();
  for (const Program& program : programs) {
    ARROW_ASSIGN_OR_RAISE(ordered_json target, WriteProgram(program, arguments));
    targets.push_back(std::move(target));
  }
  // Which tables there are depends on the bucket.
  ARROW_RETURN_NOT_OK(Write(folder / "tables.json", "[]\n"));
  const auto plugin = MakePlugin(context, context.logger);
  if (const auto schema = plugin->spec_schema()) {
    ARROW_RETURN_NOT_OK(Write(folder / "spec_json_schema.json", *schema));
  }
  const ordered_json package{{"schema_version", kSchemaVersion},
                             {"team", arguments.team},
                             {"kind", "source"},
                             {"name", arguments.name},
                             {"message", arguments.message},
                             {"version", arguments.version},
                             {"protocols", {kProtocol}},
                             {"supported_targets", std::move(targets)},
                             {"package_type", "native"}};
  return Write(folder / "package.json", package.dump(2) + "\n");
}

}  // namespace

ExitCode RunPackage(const PackageArguments& arguments, const CommandContext& context) {
  PackageArguments complete = arguments;
  if (complete.version.empty()) complete.version = context.version;
  const auto status = cq::Guarded([&] { return Package(complete, context); });
  if (status.ok()) return kExitOk;
  PrintError(status.message(), context);
  return status.IsInvalid() ? kExitUsage : kExitFailed;
}

}  // namespace s3source
