#include "cloudquery/state/backend.h"

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "cloudquery/log/printable.h"
#include "cloudquery/wire/ipc.h"

namespace cq {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kMaxMessageBytes = 100 << 20;
constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{5'000};
constexpr milliseconds kSleepAtMost{60'000};
constexpr milliseconds kLetsConnect{500};
constexpr seconds kAnswersSoon{10};
constexpr seconds kMovesData{600};

std::shared_ptr<grpc::Channel> Connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  // A proxy of the environment would be asked for 127.0.0.1, too.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // The pauses are ours; gRPC shall try anew whenever we ask.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

bool IsTransient(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_message().find("plugin already in use") != std::string::npos;
}

template <typename Versions>
std::string GoList(const Versions& versions) {
  std::string text;
  for (const int version : versions)
    text += (text.empty() ? "" : " ") + std::to_string(version);
  return "[" + text + "]";
}

}  // namespace

Backend::Backend(BackendOptions options, std::stop_token stop, Sleeper sleep)
    : options_(std::move(options)), stop_(std::move(stop)), sleep_(std::move(sleep)) {
  channel_ = Connect(options_.connection);
  discovery_ = Discovery::NewStub(channel_);
  plugin_ = Plugin::NewStub(channel_);
}

Backend::~Backend() {
  if (channel_ == nullptr) return;
  // gRPC keeps a connection for ever whose channel went after the connection was made and
  // before the peer had said its settings.
  const auto deadline = std::chrono::system_clock::now() + kLetsConnect;
  while (channel_->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_CONNECTING &&
         channel_->WaitForStateChange(GRPC_CHANNEL_CONNECTING, deadline)) {
  }
}

arrow::Status Backend::Failed(const char* what, const std::string& why,
                              bool exhausted) const {
  return arrow::Status::IOError(
      what, " failed: ", Printable(why), " (backend_options: table_name ",
      Printable(options_.table_name), ", connection ", Printable(options_.connection),
      "). ", exhausted ? "Retry policy exhausted" : "Permanent error",
      ": check that this destination runs, can be read from and is not locked by another "
      "sync");
}

arrow::Status Backend::WithRetries(const char* what, seconds deadline, const Call& call) {
  milliseconds pause = kFirstPause;
  while (true) {
    if (stop_.stop_requested())
      return arrow::Status::Cancelled(what, ": the sync was stopped");
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + deadline);
    const std::stop_callback cancel(stop_, [&context] { context.TryCancel(); });
    const grpc::Status status = call(context);
    if (status.ok()) return arrow::Status::OK();
    if (stop_.stop_requested())
      return arrow::Status::Cancelled(what, ": the sync was stopped");
    if (!IsTransient(status)) return Failed(what, status.error_message(), false);
    if (slept_ + pause > kSleepAtMost) return Failed(what, status.error_message(), true);
    sleep_(pause, stop_);
    slept_ += pause;
    pause = std::min(pause * 2, kLongestPause);
  }
}

arrow::Status Backend::RequireVersion3() {
  cloudquery::discovery::v1::GetVersions::Response response;
  ARROW_RETURN_NOT_OK(WithRetries("asking the state backend for its versions",
                                  kAnswersSoon, [&](grpc::ClientContext& context) {
                                    response.Clear();
                                    return discovery_->GetVersions(&context, {},
                                                                   &response);
                                  }));
  const auto& versions = response.versions();
  if (std::find(versions.begin(), versions.end(), 3) != versions.end())
    return arrow::Status::OK();
  return arrow::Status::IOError(
      "please upgrade your state backend plugin. state supporting version 3 plugin has ",
      GoList(versions));
}

arrow::Status Backend::Write(const char* what,
                             const std::vector<WriteRequest>& requests) {
  return WithRetries(what, kMovesData, [&](grpc::ClientContext& context) {
    cloudquery::plugin::v3::Write::Response response;
    const auto writer = plugin_->Write(&context, &response);
    for (const auto& request : requests) {
      if (!writer->Write(request)) return writer->Finish();
    }
    writer->WritesDone();
    return writer->Finish();
  });
}

arrow::Status Backend::Migrate(const arrow::Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, EncodeSchema(schema));
  WriteRequest request;
  request.mutable_migrate_table()->set_table(bytes->ToString());
  return Write("migrating the state table", {request});
}

arrow::Result<arrow::RecordBatchVector> Backend::ReadTable(const char* what,
                                                           const arrow::Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, EncodeSchema(schema));
  cloudquery::plugin::v3::Read::Request request;
  request.set_table(bytes->ToString());
  std::vector<std::string> records;
  ARROW_RETURN_NOT_OK(WithRetries(what, kMovesData, [&](grpc::ClientContext& context) {
    records.clear();
    const auto reader = plugin_->Read(&context, request);
    cloudquery::plugin::v3::Read::Response response;
    while (reader->Read(&response))
      records.push_back(std::move(*response.mutable_record()));
    return reader->Finish();
  }));
  slept_ = milliseconds{0};
  arrow::RecordBatchVector all;
  for (auto& record : records) {
    ARROW_ASSIGN_OR_RAISE(auto batches,
                          DecodeRecords(arrow::Buffer::FromString(std::move(record))));
    std::ranges::move(batches, std::back_inserter(all));
  }
  return all;
}

arrow::Status Backend::Read(const arrow::Schema& schema, StateRows& rows) {
  ARROW_ASSIGN_OR_RAISE(const auto batches, ReadTable("reading the state table", schema));
  for (const auto& batch : batches) ARROW_RETURN_NOT_OK(MergeRecord(*batch, rows));
  return arrow::Status::OK();
}

arrow::Status Backend::Insert(const arrow::RecordBatch& record) {
  constexpr int64_t kAroundTheRecord = 64;
  RecordLimits limits;
  limits.max_bytes = kMaxMessageBytes - kAroundTheRecord;
  ARROW_ASSIGN_OR_RAISE(const auto encoder, RecordEncoder::Make(record.schema(), limits));
  std::vector<WriteRequest> requests;
  ARROW_RETURN_NOT_OK(encoder.Encode(record, [&](EncodedRecord encoded) {
    std::string& bytes = *requests.emplace_back().mutable_insert()->mutable_record();
    bytes.reserve(encoded.size_bytes);
    for (const auto& piece : encoded.pieces) bytes += std::string_view(*piece);
    return arrow::Status::OK();
  }));
  slept_ = milliseconds{0};
  return Write("writing the state table", requests);
}

}  // namespace cq
