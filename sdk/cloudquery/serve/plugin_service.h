#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "cloudquery/discovery/v1/discovery.grpc.pb.h"
#include "cloudquery/log/logger.h"
#include "cloudquery/metrics/metrics_endpoint.h"
#include "cloudquery/plugin/v3/plugin.grpc.pb.h"
#include "cloudquery/serve/one_at_a_time.h"
#include "cloudquery/serve/source_plugin.h"
#include "cloudquery/serve/sync_stream.h"

namespace cq {

class DiscoveryService final : public cloudquery::discovery::v1::Discovery::Service {
  using GetVersionsMessage = cloudquery::discovery::v1::GetVersions;
  grpc::Status GetVersions(grpc::ServerContext* context,
                           const GetVersionsMessage::Request* request,
                           GetVersionsMessage::Response* response) override;
};

/// A SourcePlugin as the Plugin service of protocol v3, with the codes and texts of a Go
/// plugin. Sync is served raw, as its messages are framed by hand (framing.h); what a
/// source lacks (Read, Transform) is answered by the generated base class.
class PluginService final
    : public cloudquery::plugin::v3::Plugin::WithRawCallbackMethod_Sync<
          cloudquery::plugin::v3::Plugin::Service> {
 public:
  /// Plugin and logger must outlive the service. Without an endpoint no metrics are sent.
  PluginService(SourcePlugin& plugin, Logger& logger,
                std::optional<MetricsEndpoint> metrics)
      : plugin_(plugin), logger_(logger), metrics_(std::move(metrics)) {}

  /// Stops the running calls and refuses later ones.
  void Stop();
  /// After Stop, and when no call can begin: waits until the plugin's Sync has returned.
  void Join();

 private:
  template <typename Message>
  using RequestOf = const typename Message::Request*;
  template <typename Message>
  using ResponseOf = typename Message::Response*;
  using GetNameMessage = cloudquery::plugin::v3::GetName;
  using GetVersionMessage = cloudquery::plugin::v3::GetVersion;
  using GetSpecSchemaMessage = cloudquery::plugin::v3::GetSpecSchema;
  using InitMessage = cloudquery::plugin::v3::Init;
  using GetTablesMessage = cloudquery::plugin::v3::GetTables;
  using SyncMessage = cloudquery::plugin::v3::Sync;
  using WriteMessage = cloudquery::plugin::v3::Write;
  using CloseMessage = cloudquery::plugin::v3::Close;
  using TestConnectionMessage = cloudquery::plugin::v3::TestConnection;

  grpc::Status GetName(grpc::ServerContext*, RequestOf<GetNameMessage>,
                       ResponseOf<GetNameMessage> response) override;
  grpc::Status GetVersion(grpc::ServerContext*, RequestOf<GetVersionMessage>,
                          ResponseOf<GetVersionMessage> response) override;
  grpc::Status GetSpecSchema(grpc::ServerContext*, RequestOf<GetSpecSchemaMessage>,
                             ResponseOf<GetSpecSchemaMessage> response) override;
  grpc::Status Init(grpc::ServerContext*, RequestOf<InitMessage> request,
                    ResponseOf<InitMessage>) override;
  grpc::Status GetTables(grpc::ServerContext* context,
                         RequestOf<GetTablesMessage> request,
                         ResponseOf<GetTablesMessage> response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Sync(
      grpc::CallbackServerContext*, const grpc::ByteBuffer* bytes) override;
  grpc::Status Write(grpc::ServerContext*, grpc::ServerReader<WriteMessage::Request>*,
                     ResponseOf<WriteMessage>) override;
  grpc::Status TestConnection(grpc::ServerContext* context,
                              RequestOf<TestConnectionMessage> request,
                              ResponseOf<TestConnectionMessage> response) override;
  grpc::Status Close(grpc::ServerContext*, RequestOf<CloseMessage>,
                     ResponseOf<CloseMessage>) override;

  /// Refuses the call or starts the thread that serves it.
  arrow::Status StartSync(const grpc::ByteBuffer& bytes,
                          std::shared_ptr<SyncStream> stream);
  arrow::Status RunSync(const SyncMessage::Request& request, SyncStream& stream);
  arrow::Result<Tables> TablesOf(const TableFilter& filter, std::stop_token stop);

  SourcePlugin& plugin_;
  Logger& logger_;
  const std::optional<MetricsEndpoint> metrics_;
  std::stop_source shutdown_;
  OneAtATime use_;
  std::atomic_bool initialized_ = false;

  std::mutex mutex_;
  std::weak_ptr<SyncStream> stream_;  ///< of the latest sync
  std::jthread sync_;                 ///< the latest sync; last member: joined first
};

}  // namespace cq
