#include "cloudquery/serve/plugin_service.h"

#include <arrow/buffer.h>
#include <arrow/type.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "cloudquery/metrics/metrics_export.h"
#include "cloudquery/metrics/table_metrics.h"
#include "cloudquery/serve/cancel_watch.h"
#include "cloudquery/serve/grpc_status.h"
#include "cloudquery/serve/guarded.h"
#include "cloudquery/serve/stream_sink.h"
#include "cloudquery/serve/sync_state.h"
#include "cloudquery/serve/thread_name.h"
#include "cloudquery/state/client.h"
#include "cloudquery/wire/ipc.h"

namespace cq {
namespace {

using grpc::StatusCode;

constexpr char kInUse[] = "plugin already in use";
constexpr char kShuttingDown[] = "the plugin is shutting down";
constexpr char kSyncFailed[] = "failed to sync records: ";

/// The CLI sends `null` for an absent spec, others send nothing.
std::string SpecJson(const std::string& bytes) {
  return bytes.empty() || bytes == "null" ? "{}" : bytes;
}

template <typename Request>
TableFilter FilterOf(const Request& request) {
  return {.tables = {request.tables().begin(), request.tables().end()},
          .skip_tables = {request.skip_tables().begin(), request.skip_tables().end()},
          .skip_dependent_tables = request.skip_dependent_tables()};
}

SyncRequest SyncRequestOf(const cloudquery::plugin::v3::Sync::Request& request) {
  SyncRequest made{.filter = FilterOf(request),
                   .deterministic_cq_id = request.deterministic_cq_id(),
                   .with_error_messages = request.witherrormessages()};
  if (request.has_shard())
    made.shard = Shard{request.shard().num(), request.shard().total()};
  return made;
}

}  // namespace

grpc::Status DiscoveryService::GetVersions(grpc::ServerContext*,
                                           const GetVersionsMessage::Request*,
                                           GetVersionsMessage::Response* response) {
  response->add_versions(3);
  return grpc::Status::OK;
}

grpc::Status PluginService::GetName(grpc::ServerContext*, RequestOf<GetNameMessage>,
                                    ResponseOf<GetNameMessage> response) {
  response->set_name(plugin_.name());
  return grpc::Status::OK;
}

grpc::Status PluginService::GetVersion(grpc::ServerContext*, RequestOf<GetVersionMessage>,
                                       ResponseOf<GetVersionMessage> response) {
  response->set_version(plugin_.version());
  return grpc::Status::OK;
}

grpc::Status PluginService::GetSpecSchema(grpc::ServerContext*,
                                          RequestOf<GetSpecSchemaMessage>,
                                          ResponseOf<GetSpecSchemaMessage> response) {
  if (auto schema = plugin_.spec_schema()) response->set_json_schema(*std::move(schema));
  return grpc::Status::OK;
}

grpc::Status PluginService::Init(grpc::ServerContext*, RequestOf<InitMessage> request,
                                 ResponseOf<InitMessage>) {
  constexpr char kContext[] = "failed to init plugin: ";
  const auto hold = use_.TryTake();
  if (!hold) {
    return ToGrpcStatus(arrow::Status::Invalid(kInUse), kContext, StatusCode::INTERNAL);
  }
  initialized_ = false;
  logger_.SetInvocationId(request->invocation_id());
  const arrow::Status status = Guarded([&] {
    return plugin_.Init({.spec_json = SpecJson(request->spec()),
                         .no_connection = request->no_connection(),
                         .invocation_id = request->invocation_id()});
  });
  initialized_ = status.ok();
  return ToGrpcStatus(status, std::string(kContext) + "failed to initialize client: ",
                      StatusCode::INTERNAL);
}

arrow::Result<Tables> PluginService::TablesOf(const TableFilter& filter,
                                              std::stop_token stop) {
  auto tables = Guarded([&] { return plugin_.GetTables(filter, std::move(stop)); });
  if (!tables.ok()) {
    return tables.status().WithMessage("failed to get tables: ",
                                       tables.status().message());
  }
  const auto valid = ValidateTables(*tables);
  if (valid.ok()) return tables;
  return valid.WithMessage("failed to validate tables: ", valid.message());
}

grpc::Status PluginService::GetTables(grpc::ServerContext* context,
                                      RequestOf<GetTablesMessage> request,
                                      ResponseOf<GetTablesMessage> response) {
  const auto refuse = [](const arrow::Status& status) {
    return ToGrpcStatus(status, "failed to get tables: ", StatusCode::INTERNAL);
  };
  const auto hold = use_.TryTake();
  if (!hold) return refuse(arrow::Status::Invalid(kInUse));
  if (!initialized_) return refuse(arrow::Status::Invalid("plugin not initialized"));
  const CancelWatch watch(*context, shutdown_.get_token());
  const auto tables = TablesOf(FilterOf(*request), watch.token());
  if (!tables.ok()) return refuse(tables.status());
  for (const auto& table : *tables) {
    const auto bytes = EncodeSchema(*ToArrowSchema(table));
    if (!bytes.ok()) return refuse(bytes.status());
    response->add_tables((*bytes)->ToString());
  }
  return grpc::Status::OK;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* PluginService::Sync(
    grpc::CallbackServerContext*, const grpc::ByteBuffer* bytes) {
  const auto stream = SyncStream::Make();
  const arrow::Status status = Guarded([&] { return StartSync(*bytes, stream); });
  if (!status.ok()) stream->Close(ToGrpcStatus(status, kSyncFailed));
  return stream.get();
}

arrow::Status PluginService::StartSync(const grpc::ByteBuffer& bytes,
                                       std::shared_ptr<SyncStream> stream) {
  SyncMessage::Request request;
  grpc::ByteBuffer copy = bytes;  // parsing consumes it; only references are copied
  const auto parsed =
      grpc::SerializationTraits<SyncMessage::Request>::Deserialize(&copy, &request);
  if (!parsed.ok()) return arrow::Status::Invalid("the request is not a Sync.Request");
  auto hold = use_.TryTake();
  if (!hold) return arrow::Status::UnknownError(kInUse);
  if (!initialized_) {
    return arrow::Status::UnknownError("plugin not initialized. call Init() first");
  }

  std::lock_guard lock(mutex_);
  if (shutdown_.stop_requested()) return arrow::Status::IOError(kShuttingDown);
  stream_ = stream;
  // This may run on the thread of the previous sync (inside its Close), so that the new
  // thread, not this one, joins the previous.
  sync_ = std::jthread([this, previous = std::move(sync_), request = std::move(request),
                        stream = std::move(stream), hold = std::move(hold)]() mutable {
    NameThisThread("cq-sync");
    if (previous.joinable()) previous.join();
    const arrow::Status ran = RunSync(request, *stream);
    const arrow::Status sent = stream->Drain();
    // Before the client can know: its next call must not find the plugin in use.
    hold.reset();
    if (shutdown_.stop_requested()) {
      stream->Close(ToGrpcStatus(arrow::Status::IOError(kShuttingDown), kSyncFailed));
    } else {
      stream->Close(
          ToGrpcStatus(ran.ok() ? sent : ran,
                       std::string(kSyncFailed) + "failed to sync unmanaged client: "));
    }
  });
  return arrow::Status::OK();
}

arrow::Status PluginService::RunSync(const SyncMessage::Request& request,
                                     SyncStream& stream) {
  const BackendOptions backend{.table_name = request.backend().table_name(),
                               .connection = request.backend().connection()};
  return Guarded([&]() -> arrow::Status {
    auto state = ConnectState(backend, stream.stop_token());
    if (!state.ok()) {
      return state.status().WithMessage("failed to initialize state backend: ",
                                        state.status().message());
    }
    TableMetrics metrics(std::chrono::steady_clock::now);
    std::optional<MetricsExport> sent_metrics;
    if (metrics_) sent_metrics.emplace(*metrics_, plugin_.name(), metrics, logger_);
    StreamSink sink(stream, request.witherrormessages(), metrics_ ? &metrics : nullptr);
    SyncState drained(**state, stream);
    return plugin_.Sync(SyncRequestOf(request), {sink, drained, stream.stop_token()});
  });
}

grpc::Status PluginService::Write(grpc::ServerContext*,
                                  grpc::ServerReader<WriteMessage::Request>*,
                                  ResponseOf<WriteMessage>) {
  return {StatusCode::INTERNAL, "write failed: not implemented"};
}

grpc::Status PluginService::TestConnection(grpc::ServerContext* context,
                                           RequestOf<TestConnectionMessage> request,
                                           ResponseOf<TestConnectionMessage> response) {
  const CancelWatch watch(*context, shutdown_.get_token());
  auto tested = Guarded(
      [&] { return plugin_.TestConnection(SpecJson(request->spec()), watch.token()); });
  if (tested.status().IsNotImplemented()) return ToGrpcStatus(tested.status());
  if (!tested.ok()) {
    const grpc::Status why = ToGrpcStatus(tested.status());
    tested = ConnectionTest{.failure_code = "OTHER",
                            .failure_description = why.error_message()};
  }
  response->set_success(tested->success);
  if (tested->success) return grpc::Status::OK;
  response->set_failure_code(tested->failure_code.empty() ? "UNKNOWN"
                                                          : tested->failure_code);
  response->set_failure_description(Printable(tested->failure_description, 4096));
  return grpc::Status::OK;
}

grpc::Status PluginService::Close(grpc::ServerContext*, RequestOf<CloseMessage>,
                                  ResponseOf<CloseMessage>) {
  constexpr char kContext[] = "failed to close plugin: ";
  const auto hold = use_.TryTake();
  if (!hold) return ToGrpcStatus(arrow::Status::UnknownError(kInUse), kContext);
  if (!initialized_.exchange(false)) return grpc::Status::OK;
  return ToGrpcStatus(Guarded([&] { return plugin_.Close(); }), kContext);
}

void PluginService::Stop() {
  std::shared_ptr<SyncStream> stream;
  shutdown_
      .request_stop();  // a sync that starts later sees it, an earlier one is in stream_
  {
    std::lock_guard lock(mutex_);
    stream = stream_.lock();
  }
  if (stream) stream->Stop(kShuttingDown);
}

void PluginService::Join() {
  if (sync_.joinable()) sync_.join();
}

}  // namespace cq
