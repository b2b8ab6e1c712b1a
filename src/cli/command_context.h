#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <stop_token>
#include <string>
#include <string_view>

#include "cli/config.h"
#include "cloudquery/log/logger.h"
#include "plugin/s3_plugin.h"
#include "spec/spec.h"
#include "store/object_store.h"
#include "store/s3_options.h"

namespace s3source {

/// The exit codes of every command.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,
  kExitUsage = 2,  ///< wrong arguments or configuration
  kExitInterrupted = 130,
};

/// What a command works with beside its arguments; all from `main`, so that a test can
/// put something else in its place. References outlive the command.
struct CommandContext {
  Environment environment;
  std::function<arrow::Result<std::shared_ptr<ObjectStore>>(const Spec&, cq::Logger&)>
      open_store;
  std::string version;
  int decode_threads = 2;       ///< at most
  int64_t available_bytes = 0;  ///< of memory; 0: not known
  cq::Logger& logger;
  std::ostream& out;          ///< results
  std::ostream& err;          ///< errors and progress
  size_t terminal_width = 0;  ///< of `err`; 0 when it is not a terminal
  std::function<std::chrono::steady_clock::time_point()> now;
  std::string run;  ///< a name for this run that no other has
  std::stop_token stop;
};

/// Loads the configuration and logs its notes. Nothing after an error, which is printed.
std::optional<SourceConfig> LoadConfigOrPrint(const std::string& file,
                                              const std::string& source,
                                              const CommandContext& context);

/// Prints an error for people.
void PrintError(std::string_view text, const CommandContext& context);

/// Prints why a command ended early, and what kind of end that is: interrupted when
/// that was asked for.
ExitCode Fail(const arrow::Status& status, const CommandContext& context);
/// The same for an error in the plugin's own spec.
ExitCode FailSpec(const arrow::Status& status, const SourceConfig& config,
                  const CommandContext& context);

/// The plugin as `serve` would run it. `logger` outlives it.
std::unique_ptr<S3Plugin> MakePlugin(const CommandContext& context, cq::Logger& logger);

}  // namespace s3source
