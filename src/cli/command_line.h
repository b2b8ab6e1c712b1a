#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/check_command.h"
#include "cli/package_command.h"
#include "cli/sync_command.h"
#include "cli/tables_command.h"
#include "cloudquery/log/stream_logger.h"

namespace s3source {

/// What the user asked for, apart from `serve` and `health`, whose arguments the SDK
/// reads.
struct CommandLine {
  std::variant<TablesArguments, CheckArguments, SyncArguments, PackageArguments> command;
  std::optional<cq::LogLevel> log_level;  ///< nothing: what suits the command
  cq::LogFormat log_format = cq::LogFormat::kText;
};

/// The program ends here: help, version, or wrong arguments.
struct EarlyExit {
  int code = 0;
  std::string out;
  std::string err;
};

/// Reads the arguments behind the program's name.
std::variant<CommandLine, EarlyExit> ParseCommandLine(std::vector<std::string> arguments,
                                                      const std::string& version);

}  // namespace s3source
