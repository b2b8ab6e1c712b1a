// Does what the CloudQuery CLI does first in a sync (start the plugin on a unix socket,
// GetVersions, Init, Sync), drops every message, and prints one line of JSON with what
// came and what the plugin used.
//
//   drain_client [--spec JSON] [--tables PATTERN]... [--decode] PLUGIN

#include <arrow/result.h>
#include <arrow/status.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include "bench/plugin_calls.h"
#include "bench/plugin_process.h"
#include "bench/rss_sampler.h"
#include "bench/sync_stats.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string program;
  std::string spec = "{}";
  std::string log_level = "warn";
  bool decode = false;
  bool start_only = false;
  int sample_ms = 0;
  int pause_ms = 0;
  int give_up_ms = 0;
  bench::DrainOptions drain;
};

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double OwnCpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/// The seconds from Init to the end of the stream.
arrow::Result<double> Sync(const std::string& socket_path, const Options& options,
                           bench::SyncStats& stats) {
  ARROW_ASSIGN_OR_RAISE(const auto channel, bench::Connect(socket_path));
  const Clock::time_point connected = Clock::now();
  ARROW_RETURN_NOT_OK(bench::Init(channel, options.spec));
  ARROW_RETURN_NOT_OK(bench::Drain(channel, options.drain, stats));
  return SecondsSince(connected);
}

arrow::Status Run(const Options& options) {
  const Clock::time_point start = Clock::now();
  ARROW_ASSIGN_OR_RAISE(auto process,
                        bench::PluginProcess::Start(options.program, options.log_level));
  ARROW_RETURN_NOT_OK(process.AwaitSocket(std::chrono::seconds(10)));
  const double start_seconds = SecondsSince(start);
  bench::RssSampler sampler(process.pid(), std::chrono::milliseconds(options.sample_ms));
  bench::SyncStats stats(options.decode);
  double wall_seconds = 0;
  if (!options.start_only) {
    ARROW_ASSIGN_OR_RAISE(wall_seconds, Sync(process.socket_path(), options, stats));
  }
  const std::string samples = sampler.StopAndPrint();
  ARROW_ASSIGN_OR_RAISE(const bench::Usage usage, process.Stop(std::chrono::seconds(5)));
  std::printf(
      "{\"messages\": %lld, \"inserts\": %lld, \"tables\": %lld, \"bytes\": %lld, "
      "\"rows\": %lld, \"start_seconds\": %.4f, \"wall_seconds\": %.4f, "
      "\"cpu_seconds\": %.4f, \"peak_rss_bytes\": %lld, \"client_cpu_seconds\": %.4f, "
      "\"rss_samples\": %s}\n",
      static_cast<long long>(stats.messages()), static_cast<long long>(stats.inserts()),
      static_cast<long long>(stats.tables()), static_cast<long long>(stats.bytes()),
      static_cast<long long>(stats.rows()), start_seconds, wall_seconds,
      usage.cpu_seconds, static_cast<long long>(usage.peak_rss_bytes), OwnCpuSeconds(),
      samples.c_str());
  return arrow::Status::OK();
}

void AddOptions(CLI::App& app, Options& options) {
  app.add_option("plugin", options.program, "the plugin's executable")->required();
  app.add_option("--spec", options.spec, "the plugin's spec, JSON");
  app.add_option("--tables", options.drain.tables, "table patterns");
  app.add_option("--backend", options.drain.backend,
                 "the address of the plugin that keeps the state");
  app.add_option("--backend-table", options.drain.backend_table, "the state's table");
  app.add_option("--log-level", options.log_level,
                 "the plugin's; the log goes to stderr");
  app.add_flag("--decode", options.decode,
               "read every insert with Arrow, count the rows");
  app.add_flag("--start-only", options.start_only,
               "stop the plugin when it accepts connections");
  app.add_option("--pause-ms", options.pause_ms, "the time between two messages");
  app.add_option("--give-up-ms", options.give_up_ms,
                 "cancel the sync when it takes longer");
  app.add_option("--sample-ms", options.sample_ms, "look at the plugin's RSS this often");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Starts a CloudQuery source plugin, syncs it, drops what comes.");
  AddOptions(app, options);
  CLI11_PARSE(app, argc, argv);
  options.drain.pause = std::chrono::milliseconds(options.pause_ms);
  options.drain.give_up_after = std::chrono::milliseconds(options.give_up_ms);
  const arrow::Status status = Run(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "drain_client: %s\n", status.ToString().c_str());
  return 1;
}
