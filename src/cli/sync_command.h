#pragma once

#include <string>

#include "cli/command_context.h"

namespace s3source {

struct SyncArguments {
  std::string config;
  std::string source;
  std::string directory;  ///< made where it is missing
};

/// Syncs into Parquet files of a directory, DIR/<table>/<run>-N.parquet, with the state
/// in the directory too: the next run adds what is new. A run is kept whole or not at
/// all.
ExitCode RunSyncCommand(const SyncArguments& arguments, const CommandContext& context);

}  // namespace s3source
