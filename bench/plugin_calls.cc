#include "bench/plugin_calls.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <thread>

#include "cloudquery/discovery/v1/discovery.grpc.pb.h"
#include "cloudquery/plugin/v3/plugin.grpc.pb.h"

namespace bench {
namespace {

namespace discovery = cloudquery::discovery::v1;
namespace plugin = cloudquery::plugin::v3;
using Clock = std::chrono::steady_clock;

arrow::Status FromGrpc(const char* call, const grpc::Status& status) {
  if (status.ok()) return arrow::Status::OK();
  return arrow::Status::IOError(call, ": ", status.error_message(), " (gRPC code ",
                                static_cast<int>(status.error_code()), ")");
}

arrow::Result<grpc::ByteBuffer> Request(const DrainOptions& options) {
  plugin::Sync_Request request;
  for (const std::string& table : options.tables) request.add_tables(table);
  if (!options.backend.empty()) {
    request.mutable_backend()->set_connection(options.backend);
    request.mutable_backend()->set_table_name(options.backend_table);
  }
  grpc::ByteBuffer bytes;
  bool own_buffer = false;
  ARROW_RETURN_NOT_OK(
      FromGrpc("Sync", grpc::SerializationTraits<plugin::Sync_Request>::Serialize(
                           request, &bytes, &own_buffer)));
  return bytes;
}

/// Waits for the one operation under way; false when it was the last.
bool Wait(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

}  // namespace

arrow::Result<std::shared_ptr<grpc::Channel>> Connect(const std::string& socket_path) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(200 << 20);
  auto channel = grpc::CreateCustomChannel("unix:" + socket_path,
                                           grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() +
                                 std::chrono::seconds(5))) {
    return arrow::Status::IOError("no connection to the plugin within 5 seconds");
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

arrow::Status Drain(const std::shared_ptr<grpc::Channel>& channel,
                    const DrainOptions& options, SyncStats& stats) {
  const auto start = Clock::now();
  ARROW_ASSIGN_OR_RAISE(const grpc::ByteBuffer request, Request(options));
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  auto call = grpc::GenericStub(channel).PrepareCall(
      &context, "/cloudquery.plugin.v3.Plugin/Sync", &queue);
  call->StartCall(nullptr);
  Wait(queue);
  call->WriteLast(request, grpc::WriteOptions(), nullptr);
  Wait(queue);
  arrow::Status failure;
  bool gave_up = false;
  while (failure.ok() && !gave_up) {
    grpc::ByteBuffer message;
    call->Read(&message, nullptr);
    if (!Wait(queue)) break;
    failure = stats.Add(message);
    if (options.pause.count() > 0) std::this_thread::sleep_for(options.pause);
    gave_up = options.give_up_after.count() > 0 &&
              Clock::now() - start >= options.give_up_after;
  }
  if (gave_up || !failure.ok()) context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  Wait(queue);
  if (gave_up && status.error_code() == grpc::StatusCode::CANCELLED) return failure;
  return failure.ok() ? FromGrpc("Sync", status) : failure;
}

}  // namespace bench
