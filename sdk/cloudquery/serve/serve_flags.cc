#include "cloudquery/serve/serve_flags.h"

#include <CLI/CLI.hpp>

namespace cq {

void AddServeFlags(CLI::App& command, ServeFlags& flags) {
  command.allow_extras();
  command.add_option("--address", flags.address.address, "host:port, or a socket's path")
      ->capture_default_str();
  command.add_option("--network", flags.address.network, "What the address is of")
      ->capture_default_str()
      ->check(CLI::IsMember({"tcp", "tcp4", "tcp6", "unix", "unixpacket"}));
  command.add_option("--log-level", flags.log_level, "The least that is logged")
      ->capture_default_str()
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}));
  command.add_option("--log-format", flags.log_format, "Of the log, on stdout")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
  command.add_option("--otel-endpoint", flags.otel_endpoint,
                     "host:port that gets the tables' metrics, by OTLP over HTTP");
  command.add_flag("--otel-endpoint-insecure", flags.otel_endpoint_insecure,
                   "The endpoint has no TLS; others are not supported");
  command.add_flag("--no-sentry", flags.ignored_flag, "Accepted and ignored");
  command.add_option("--license", flags.ignored_text, "Accepted and ignored");
}

}  // namespace cq
