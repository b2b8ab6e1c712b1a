#include "cli/command_context.h"

#include <utility>

namespace s3source {

void PrintError(std::string_view text, const CommandContext& context) {
  context.err << "error: " << text << std::endl;
}

std::optional<SourceConfig> LoadConfigOrPrint(const std::string& file,
                                              const std::string& source,
                                              const CommandContext& context) {
  auto config = LoadConfig(file, source, context.environment);
  if (!config.ok()) {
    PrintError(config.status().message(), context);
    return std::nullopt;
  }
  for (const std::string& note : config->notes) context.logger.Info(note);
  return *std::move(config);
}

ExitCode Fail(const arrow::Status& status, const CommandContext& context) {
  if (context.stop.stop_requested()) {
    context.err << "interrupted" << std::endl;
    return kExitInterrupted;
  }
  PrintError(status.message(), context);
  return kExitFailed;
}

ExitCode FailSpec(const arrow::Status& status, const SourceConfig& config,
                  const CommandContext& context) {
  PrintError(config.location + ": " + status.message(), context);
  return kExitUsage;
}

std::unique_ptr<S3Plugin> MakePlugin(const CommandContext& context, cq::Logger& logger) {
  return std::make_unique<S3Plugin>(
      logger,
      PluginOptions{.version = context.version,
                    .decode_threads = context.decode_threads,
                    .available_bytes = context.available_bytes,
                    .open_store = [open = context.open_store, &logger](const Spec& spec) {
                      return open(spec, logger);
                    }});
}

}  // namespace s3source
