// Does what the CloudQuery CLI does first in a sync (start the plugin on a unix socket,
// GetVersions, Init, Sync), drops every message, and prints one line of JSON with what
// came and what the plugin used.
//
//   drain_client [--spec JSON] [--tables PATTERN]... [--decode] PLUGIN

#include <arrow/result.h>
#include <arrow/status.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/plugin_process.h"
#include "bench/sync_stats.h"
#include "cloudquery/discovery/v1/discovery.grpc.pb.h"
#include "cloudquery/plugin/v3/plugin.grpc.pb.h"

namespace {

namespace discovery = cloudquery::discovery::v1;
namespace plugin = cloudquery::plugin::v3;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string program;
  std::string spec = "{}";
  std::vector<std::string> tables = {"*"};
  std::string log_level = "warn";
  bool decode = false;
};

arrow::Status FromGrpc(const char* call, const grpc::Status& status) {
  if (status.ok()) return arrow::Status::OK();
  return arrow::Status::IOError(call, ": ", status.error_message(), " (gRPC code ",
                                static_cast<int>(status.error_code()), ")");
}

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

arrow::Result<std::shared_ptr<grpc::Channel>> Connect(const std::string& socket_path) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(200 << 20);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 10);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 10);
  auto channel = grpc::CreateCustomChannel("unix:" + socket_path,
                                           grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() +
                                 std::chrono::seconds(5))) {
    return arrow::Status::IOError(
        "the plugin did not accept a connection within 5 seconds");
  }
  return channel;
}

arrow::Status Init(const std::shared_ptr<grpc::Channel>& channel,
                   const std::string& spec) {
  grpc::ClientContext versions_context;
  discovery::GetVersions_Response versions;
  ARROW_RETURN_NOT_OK(
      FromGrpc("GetVersions",
               discovery::Discovery::NewStub(channel)->GetVersions(
                   &versions_context, discovery::GetVersions_Request(), &versions)));
  if (std::ranges::find(versions.versions(), 3) == versions.versions().end()) {
    return arrow::Status::Invalid("the plugin does not speak version 3 of the protocol");
  }
  grpc::ClientContext init_context;
  plugin::Init_Request request;
  request.set_spec(spec);
  request.set_invocation_id("00000000-0000-4000-8000-000000000000");
  plugin::Init_Response response;
  return FromGrpc(
      "Init", plugin::Plugin::NewStub(channel)->Init(&init_context, request, &response));
}

/// Waits for the one operation under way; false when it was the last.
bool Wait(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

/// Reads the stream as bytes: parsing it would copy every message.
arrow::Status Drain(const std::shared_ptr<grpc::Channel>& channel,
                    const std::vector<std::string>& tables, bench::SyncStats& stats) {
  plugin::Sync_Request request;
  for (const std::string& table : tables) request.add_tables(table);
  grpc::ByteBuffer request_bytes;
  bool own_buffer = false;
  ARROW_RETURN_NOT_OK(
      FromGrpc("Sync", grpc::SerializationTraits<plugin::Sync_Request>::Serialize(
                           request, &request_bytes, &own_buffer)));
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  auto call = grpc::GenericStub(channel).PrepareCall(
      &context, "/cloudquery.plugin.v3.Plugin/Sync", &queue);
  call->StartCall(nullptr);
  Wait(queue);
  call->WriteLast(request_bytes, grpc::WriteOptions(), nullptr);
  Wait(queue);
  arrow::Status failure;
  for (;;) {
    grpc::ByteBuffer message;
    call->Read(&message, nullptr);
    if (!Wait(queue)) break;
    failure = stats.Add(message);
    if (failure.ok()) continue;
    context.TryCancel();
    break;
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  Wait(queue);
  return failure.ok() ? FromGrpc("Sync", status) : failure;
}

double OwnCpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

arrow::Status Run(const Options& options) {
  const Clock::time_point start = Clock::now();
  ARROW_ASSIGN_OR_RAISE(auto process,
                        bench::PluginProcess::Start(options.program, options.log_level));
  ARROW_ASSIGN_OR_RAISE(auto channel, Connect(process.socket_path()));
  const double start_seconds = SecondsSince(start);
  const Clock::time_point connected = Clock::now();
  ARROW_RETURN_NOT_OK(Init(channel, options.spec));
  bench::SyncStats stats(options.decode);
  ARROW_RETURN_NOT_OK(Drain(channel, options.tables, stats));
  const double wall_seconds = SecondsSince(connected);
  channel.reset();
  ARROW_ASSIGN_OR_RAISE(const bench::Usage usage, process.Stop(std::chrono::seconds(5)));
  std::printf(
      "{\"messages\": %lld, \"inserts\": %lld, \"tables\": %lld, \"bytes\": %lld, "
      "\"rows\": %lld, \"start_seconds\": %.4f, \"wall_seconds\": %.4f, "
      "\"cpu_seconds\": %.4f, \"peak_rss_bytes\": %lld, \"client_cpu_seconds\": %.4f}\n",
      static_cast<long long>(stats.messages()), static_cast<long long>(stats.inserts()),
      static_cast<long long>(stats.tables()), static_cast<long long>(stats.bytes()),
      static_cast<long long>(stats.rows()), start_seconds, wall_seconds,
      usage.cpu_seconds, static_cast<long long>(usage.peak_rss_bytes), OwnCpuSeconds());
  return arrow::Status::OK();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Starts a CloudQuery source plugin, syncs it, drops what comes.");
  app.add_option("plugin", options.program, "the plugin's executable")->required();
  app.add_option("--spec", options.spec, "the plugin's spec, JSON");
  app.add_option("--tables", options.tables, "table patterns");
  app.add_option("--log-level", options.log_level,
                 "the plugin's; the log goes to stderr");
  app.add_flag("--decode", options.decode,
               "read every insert with Arrow, count the rows");
  CLI11_PARSE(app, argc, argv);
  const arrow::Status status = Run(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "drain_client: %s\n", status.ToString().c_str());
  return 1;
}
