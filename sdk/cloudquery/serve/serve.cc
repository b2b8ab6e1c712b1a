#include "cloudquery/serve/serve.h"

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloudquery/log/printable.h"
#include "cloudquery/log/stream_logger.h"
#include "cloudquery/serve/guarded.h"
#include "cloudquery/serve/health.h"
#include "cloudquery/serve/serve_flags.h"
#include "cloudquery/serve/server.h"
#include "cloudquery/serve/stop_signal.h"

namespace cq {
namespace {

/// The CLI kills a plugin 5 s after it asked it to stop.
constexpr std::chrono::milliseconds kStopWithin{4500};
/// What is left of a server when no call runs any more is memory, and threads of gRPC,
/// one of which may sleep for up to ten seconds before it can be joined (its backup
/// poller).
constexpr std::chrono::milliseconds kFreeWithin{200};

/// The exit status when the program ends here: --help, or flags that are wrong.
std::optional<int> ParseFlags(int count, char** arguments, ServeFlags& flags) {
  CLI::App app("Serves the plugin until SIGINT or SIGTERM", "serve");
  AddServeFlags(app, flags);
  try {
    app.parse(std::vector<std::string>(std::make_reverse_iterator(arguments + count),
                                       std::make_reverse_iterator(arguments)));
    flags.unknown = app.remaining();
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  return std::nullopt;
}

/// A plugin's logger before and after the plugin, and with it the name of the module, is
/// known.
class RenamedLogger final : public Logger {
 public:
  explicit RenamedLogger(StreamLoggerOptions options) : options_(std::move(options)) {
    Rename("source");
  }

  void Rename(const std::string& module) {
    options_.module = module;
    loggers_.push_back(MakeStreamLogger(options_));
    current_ = loggers_.back().get();
  }

  void Log(LogLevel level, std::string_view message, LogFields fields) override {
    current_.load()->Log(level, message, fields);
  }
  bool Enabled(LogLevel level) const override { return current_.load()->Enabled(level); }
  void SetInvocationId(std::string_view id) override {
    current_.load()->SetInvocationId(id);
  }

 private:
  StreamLoggerOptions options_;
  std::vector<std::unique_ptr<Logger>> loggers_;  ///< an earlier one may be in use
  std::atomic<Logger*> current_;
};

std::string ShownAddress(const std::string& target) {
  constexpr std::string_view kUnix = "unix:";
  return target.starts_with(kUnix) ? target.substr(kUnix.size()) : target;
}

/// Metrics are a side dish: what is wrong with their endpoint is no reason not to serve.
std::optional<MetricsEndpoint> MetricsOf(const ServeFlags& flags, Logger& logger) {
  if (flags.otel_endpoint.empty()) return std::nullopt;
  if (!flags.otel_endpoint_insecure) {
    logger.Warn("no metrics are sent: an endpoint with TLS is not supported",
                {{"otel_endpoint", Printable(flags.otel_endpoint)}});
    return std::nullopt;
  }
  auto endpoint = ParseMetricsEndpoint(flags.otel_endpoint);
  if (endpoint.ok()) return *std::move(endpoint);
  logger.Warn("no metrics are sent", {{"error", endpoint.status().message()}});
  return std::nullopt;
}

arrow::Status Run(const ServeFlags& flags, const PluginFactory& make_plugin) {
  ARROW_ASSIGN_OR_RAISE(StopSignal signals, StopSignal::Block());
  ARROW_ASSIGN_OR_RAISE(const LogLevel level, ParseLogLevel(flags.log_level));
  ARROW_ASSIGN_OR_RAISE(const LogFormat format, ParseLogFormat(flags.log_format));
  RenamedLogger logger({.format = format, .level = level});
  for (const std::string& one : flags.unknown) {
    logger.Warn("serve does not know this argument, and ignores it",
                {{"argument", Printable(one)}});
  }
  std::unique_ptr<SourcePlugin> plugin = make_plugin(logger);
  logger.Rename(plugin->name() + "-source");
  ARROW_ASSIGN_OR_RAISE(auto server, Server::Start(*plugin, logger, flags.address,
                                                   MetricsOf(flags, logger)));

  const std::string address = ShownAddress(server->target());
  const std::string name = plugin->name() + "@" + plugin->version();
  logger.Info("Plugin server listening", {{"address", address}, {"plugin", name}});
  const std::string signal = signals.Wait();
  const StopSignal::Deadline deadline(signals, kStopWithin);
  logger.Info("Got stop signal. Plugin server shutting down",
              {{"address", address}, {"signal", signal}});
  server->Shutdown();
  // In this order, and before the deadline goes.
  {
    const StopSignal::Deadline soon(signals, kFreeWithin);
    server.reset();
  }
  plugin.reset();
  return arrow::Status::OK();
}

}  // namespace

int Serve(int count, char** arguments, const PluginFactory& make_plugin) {
  ServeFlags flags;
  if (const auto exit_status = ParseFlags(count, arguments, flags)) return *exit_status;
  const arrow::Status status = Guarded([&] { return Run(flags, make_plugin); });
  if (status.ok()) return 0;
  std::fprintf(stderr, "serve: %s\n", status.message().c_str());
  return 1;
}

int ServeMain(int argc, char** argv, const PluginFactory& make_plugin) {
  const std::string_view command = argc > 1 ? argv[1] : "--help";
  if (command == "serve") return Serve(argc - 2, argv + 2, make_plugin);
  if (command == "health") return Health(argc - 2, argv + 2);
  RenamedLogger logger({.level = LogLevel::kError});
  const auto plugin = make_plugin(logger);
  if (command == "--version" || command == "-v") {
    std::printf("%s version %s\n", plugin->name().c_str(), plugin->version().c_str());
    return 0;
  }
  const bool asked = command == "--help" || command == "-h" || command == "help";
  std::fprintf(asked ? stdout : stderr,
               "%s: a CloudQuery source plugin\n\n"
               "  %s serve [flags]   serve until SIGINT or SIGTERM (serve --help lists "
               "the flags)\n"
               "  %s health          ask one that serves whether it is well\n"
               "  %s --version       print the version\n",
               plugin->name().c_str(), argv[0], argv[0], argv[0]);
  return asked ? 0 : 2;
}

}  // namespace cq
