#include "cloudquery/testing/plugin_client.h"

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <string_view>
#include <utility>

#include "cloudquery/discovery/v1/discovery.grpc.pb.h"
#include "cloudquery/plugin/v3/plugin.grpc.pb.h"
#include "cloudquery/wire/ipc.h"

namespace cq::testing {
namespace {

namespace pb = cloudquery::plugin::v3;

constexpr std::chrono::seconds kPatience{60};

RpcStatus ToRpcStatus(const grpc::Status& status) {
  return {static_cast<RpcCode>(status.error_code()), status.error_message()};
}

/// The context of one call, with the deadline.
struct Context : grpc::ClientContext {
  Context() { set_deadline(std::chrono::system_clock::now() + kPatience); }
};

template <typename Request>
Request WithFilter(const TableFilter& filter) {
  Request request;
  for (const auto& pattern : filter.tables) request.add_tables(pattern);
  for (const auto& pattern : filter.skip_tables) request.add_skip_tables(pattern);
  request.set_skip_dependent_tables(filter.skip_dependent_tables);
  return request;
}

pb::Sync::Request ToRequest(const SyncAsk& ask) {
  auto request = WithFilter<pb::Sync::Request>(ask.filter);
  request.set_deterministic_cq_id(ask.deterministic_cq_id);
  request.set_witherrormessages(ask.with_error_messages);
  if (!ask.backend.table_name.empty() || !ask.backend.connection.empty()) {
    request.mutable_backend()->set_table_name(ask.backend.table_name);
    request.mutable_backend()->set_connection(ask.backend.connection);
  }
  if (ask.shard) {
    request.mutable_shard()->set_num(ask.shard->num);
    request.mutable_shard()->set_total(ask.shard->total);
  }
  return request;
}

std::string TableName(const arrow::Schema& schema) {
  if (!schema.HasMetadata()) return {};
  return schema.metadata()->Get("cq:table_name").ValueOr("");
}

void DecodeInto(const std::string& bytes, bool with_batches, SyncMessage& message) {
  auto buffer = arrow::Buffer::FromString(bytes);
  auto schema = DecodeSchema(buffer);
  if (!schema.ok()) {
    message.problem = schema.status().ToString();
    return;
  }
  message.schema = *std::move(schema);
  message.table = TableName(*message.schema);
  if (!with_batches) return;
  auto batches = DecodeRecords(std::move(buffer));
  if (batches.ok()) {
    message.batches = *std::move(batches);
  } else {
    message.problem = batches.status().ToString();
  }
}

SyncMessage Decode(const pb::Sync::Response& response) {
  SyncMessage message;
  message.size_bytes = static_cast<int64_t>(response.ByteSizeLong());
  switch (response.message_case()) {
    case pb::Sync::Response::kMigrateTable:
      message.kind = SyncMessage::Kind::kMigrateTable;
      DecodeInto(response.migrate_table().table(), false, message);
      break;
    case pb::Sync::Response::kInsert:
      message.kind = SyncMessage::Kind::kInsert;
      DecodeInto(response.insert().record(), true, message);
      break;
    case pb::Sync::Response::kError:
      message.kind = SyncMessage::Kind::kError;
      message.table = response.error().table_name();
      message.text = response.error().error();
      break;
    case pb::Sync::Response::kDeleteRecord:
      message.kind = SyncMessage::Kind::kDeleteRecord;
      message.table = response.delete_record().table_name();
      break;
    case pb::Sync::Response::MESSAGE_NOT_SET:
      break;
  }
  return message;
}

class GrpcSyncCall final : public SyncCall {
 public:
  GrpcSyncCall(pb::Plugin::Stub& stub, const SyncAsk& ask)
      : reader_(stub.Sync(&context_, ToRequest(ask))) {}

  ~GrpcSyncCall() override {
    Cancel();
    Finish();
  }

  std::optional<SyncMessage> Next() override {
    pb::Sync::Response response;
    if (finished_ || !reader_->Read(&response)) return std::nullopt;
    return Decode(response);
  }

  void Cancel() override { context_.TryCancel(); }

  RpcStatus Finish() override {
    if (!finished_) {
      pb::Sync::Response response;
      while (reader_->Read(&response)) {
      }
      finished_ = ToRpcStatus(reader_->Finish());
    }
    return *finished_;
  }

 private:
  Context context_;
  std::unique_ptr<grpc::ClientReader<pb::Sync::Response>> reader_;
  std::optional<RpcStatus> finished_;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const RpcStatus& status) {
  return out << "code " << static_cast<int>(status.code) << " \"" << status.message
             << '"';
}

struct PluginClient::Connection {
  explicit Connection(std::shared_ptr<grpc::Channel> to)
      : channel(std::move(to)),
        discovery(cloudquery::discovery::v1::Discovery::NewStub(channel)),
        plugin(pb::Plugin::NewStub(channel)) {}

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<cloudquery::discovery::v1::Discovery::Stub> discovery;
  std::unique_ptr<pb::Plugin::Stub> plugin;
};

PluginClient::PluginClient(const std::string& target, const std::string& authority) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(200 << 20);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  // What a client that does not read has on the way to it stays at the 64 KiB that HTTP/2
  // begins with: tests of back-pressure rely on it.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  if (!authority.empty()) arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, authority);
  connection_ = std::make_unique<Connection>(
      grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments));
}

PluginClient::~PluginClient() = default;

bool PluginClient::WaitUntilConnected(std::chrono::milliseconds timeout) {
  return connection_->channel->WaitForConnected(std::chrono::system_clock::now() +
                                                timeout);
}

RpcStatus PluginClient::GetVersions(std::vector<int>* versions) {
  Context context;
  cloudquery::discovery::v1::GetVersions::Response response;
  const auto status = connection_->discovery->GetVersions(&context, {}, &response);
  versions->assign(response.versions().begin(), response.versions().end());
  return ToRpcStatus(status);
}

RpcStatus PluginClient::GetName(std::string* name) {
  Context context;
  pb::GetName::Response response;
  const auto status = connection_->plugin->GetName(&context, {}, &response);
  *name = response.name();
  return ToRpcStatus(status);
}

RpcStatus PluginClient::GetVersion(std::string* version) {
  Context context;
  pb::GetVersion::Response response;
  const auto status = connection_->plugin->GetVersion(&context, {}, &response);
  *version = response.version();
  return ToRpcStatus(status);
}

RpcStatus PluginClient::GetSpecSchema(std::optional<std::string>* schema) {
  Context context;
  pb::GetSpecSchema::Response response;
  const auto status = connection_->plugin->GetSpecSchema(&context, {}, &response);
  schema->reset();
  if (response.has_json_schema()) *schema = response.json_schema();
  return ToRpcStatus(status);
}

RpcStatus PluginClient::Init(const std::string& spec, bool no_connection,
                             const std::string& invocation_id) {
  Context context;
  pb::Init::Request request;
  request.set_spec(spec);
  request.set_no_connection(no_connection);
  request.set_invocation_id(invocation_id);
  pb::Init::Response response;
  return ToRpcStatus(connection_->plugin->Init(&context, request, &response));
}

RpcStatus PluginClient::GetTables(const TableFilter& filter,
                                  std::vector<std::shared_ptr<arrow::Schema>>* schemas) {
  Context context;
  pb::GetTables::Response response;
  const auto status = connection_->plugin->GetTables(
      &context, WithFilter<pb::GetTables::Request>(filter), &response);
  schemas->clear();
  for (const auto& bytes : response.tables()) {
    auto schema = DecodeSchema(arrow::Buffer::FromString(bytes));
    if (!schema.ok()) return {RpcCode::kInvalidArgument, schema.status().ToString()};
    schemas->push_back(*std::move(schema));
  }
  return ToRpcStatus(status);
}

std::unique_ptr<SyncCall> PluginClient::StartSync(const SyncAsk& ask) {
  return std::make_unique<GrpcSyncCall>(*connection_->plugin, ask);
}

SyncAnswer PluginClient::Sync(const SyncAsk& ask) {
  const auto call = StartSync(ask);
  SyncAnswer answer;
  while (auto message = call->Next()) answer.messages.push_back(*std::move(message));
  answer.status = call->Finish();
  return answer;
}

RpcStatus PluginClient::TestConnection(const std::string& spec, ConnectionTest* answer) {
  Context context;
  pb::TestConnection::Request request;
  request.set_spec(spec);
  pb::TestConnection::Response response;
  const auto status = connection_->plugin->TestConnection(&context, request, &response);
  *answer = {response.success(), response.failure_code(), response.failure_description()};
  return ToRpcStatus(status);
}

RpcStatus PluginClient::Close() {
  Context context;
  pb::Close::Response response;
  return ToRpcStatus(connection_->plugin->Close(&context, {}, &response));
}

RpcStatus PluginClient::Read() {
  Context context;
  const auto reader = connection_->plugin->Read(&context, {});
  pb::Read::Response response;
  while (reader->Read(&response)) {
  }
  return ToRpcStatus(reader->Finish());
}

RpcStatus PluginClient::Write() {
  Context context;
  pb::Write::Response response;
  const auto writer = connection_->plugin->Write(&context, &response);
  writer->WritesDone();
  return ToRpcStatus(writer->Finish());
}

RpcStatus PluginClient::Transform() {
  Context context;
  const auto stream = connection_->plugin->Transform(&context);
  stream->WritesDone();
  pb::Transform::Response response;
  while (stream->Read(&response)) {
  }
  return ToRpcStatus(stream->Finish());
}

RpcStatus PluginClient::TransformSchema() {
  Context context;
  pb::TransformSchema::Response response;
  return ToRpcStatus(connection_->plugin->TransformSchema(&context, {}, &response));
}

RpcStatus PluginClient::Health(bool* serving) {
  // HealthCheckResponse has one field, the enum status: field 1, SERVING = 1.
  constexpr std::string_view kServing("\x08\x01", 2);
  Context context;
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(connection_->channel);
  const grpc::Slice nothing;
  const auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check",
                                          grpc::ByteBuffer(&nothing, 1), &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice bytes;
  *serving = status.ok() && response.DumpToSingleSlice(&bytes).ok() &&
             std::string_view(reinterpret_cast<const char*>(bytes.begin()),
                              bytes.size()) == kServing;
  return ToRpcStatus(status);
}

}  // namespace cq::testing
