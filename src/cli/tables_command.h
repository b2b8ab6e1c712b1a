#pragma once

#include <string>

#include "cli/command_context.h"

namespace s3source {

struct TablesArguments {
  std::string config;
  std::string source;
  std::string format = "text";  ///< or json
  bool columns = false;         ///< name and type of each, in text; json always has them
};

/// Prints the tables a sync would send, with what is known of them before: objects,
/// bytes, columns. Nothing is read but the listing and the end of one object a table.
ExitCode RunTables(const TablesArguments& arguments, const CommandContext& context);

}  // namespace s3source
