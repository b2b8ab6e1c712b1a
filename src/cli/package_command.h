#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"

namespace s3source {

struct PackageArguments {
  std::string team;
  std::string name = "s3";
  std::string version;  ///< such as v1.2.3; empty: the program's
  std::string message;  ///< what changed, in Markdown
  std::string docs;     ///< a folder with overview.md
  std::string directory;
  std::vector<std::string> programs;  ///< OS/ARCH=FILE
};

/// Makes the folder that `cloudquery plugin publish` takes: package.json, tables.json,
/// spec_json_schema.json, docs/ and a ZIP for each of `programs`. The folder must not
/// exist, or be empty.
ExitCode RunPackage(const PackageArguments& arguments, const CommandContext& context);

}  // namespace s3source
