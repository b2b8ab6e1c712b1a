#pragma once

#include <functional>
#include <memory>

#include "cloudquery/log/logger.h"
#include "cloudquery/serve/source_plugin.h"

namespace cq {

using PluginFactory = std::function<std::unique_ptr<SourcePlugin>(Logger&)>;

/// The whole `main` of a plugin that only serves: `PROGRAM serve [flags]`, `health` (see
/// health.h), `--version`, `--help`. `serve` takes the flags of CloudQuery's Go SDK
/// (--address, --network,
/// --log-level, --log-format, --otel-endpoint, --otel-endpoint-insecure, --no-sentry,
/// --license; the last two change nothing) and ignores flags it does not know, in both
/// forms, as the CLI may add some.
/// Runs until SIGINT or SIGTERM, or until nobody reads its stdout (its parent died), then
/// stops what runs and returns 0. A second signal, or a plugin that does not stop within
/// 4.5 s, ends the process there and then. Blocks the two signals in the calling thread
/// and ignores SIGPIPE, so call it before other threads start.
int ServeMain(int argc, char** argv, const PluginFactory& make_plugin);

/// `serve` alone, for programs with further commands: `arguments` are those after the
/// word serve.
int Serve(int count, char** arguments, const PluginFactory& make_plugin);

}  // namespace cq
