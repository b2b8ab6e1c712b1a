#include "cloudquery/serve/server.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "cloudquery/log/printable.h"
#include "cloudquery/serve/listen_address.h"
#include "cloudquery/serve/plugin_service.h"

namespace cq {
namespace {

constexpr int kMaxReceiveBytes = 200 << 20;
constexpr int kUnlimited = -1;
constexpr int kMaxThreads = 64;
/// How much of messages that more follow may gather before it is sent.
constexpr int kWriteBufferBytes = 512 << 10;
constexpr int kMaxStreamsOfAConnection = 16;
// A dead client is noticed within 80 s. Pings of clients are accepted every 30 s.
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kMinPingIntervalMs = 30'000;
/// What running calls get to end by themselves before gRPC cancels them.
constexpr std::chrono::milliseconds kGrace{250};

void SetLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  builder.SetMaxSendMessageSize(kUnlimited);
  // Few pollers whatever the machine: gRPC aborts when one for each core exceeds the
  // quota.
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 2);
  builder.SetResourceQuota(grpc::ResourceQuota("cloudquery").SetMaxThreads(kMaxThreads));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, kWriteBufferBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsOfAConnection);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinPingIntervalMs);
  // Else a second server on a port in use would start without an error and get half of
  // the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

class GrpcServer final : public Server {
 public:
  GrpcServer(SourcePlugin& plugin, Logger& logger, std::optional<MetricsEndpoint> metrics)
      : service_(plugin, logger, std::move(metrics)) {}
  ~GrpcServer() override { Shutdown(); }

  arrow::Status Listen(const Address& address) {
    ARROW_ASSIGN_OR_RAISE(const ListenAddress listen, ParseListenAddress(address));
    if (!listen.socket_path.empty())
      ARROW_RETURN_NOT_OK(RemoveStaleSocket(listen.socket_path));
    static const bool health_on = (grpc::EnableDefaultHealthCheckService(true), true);
    static_cast<void>(health_on);  // a process-wide switch of gRPC, turned once
    grpc::ServerBuilder builder;
    SetLimits(builder);
    int port = 0;
    builder.AddListeningPort(listen.bind, grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&discovery_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    if (!server_ || port == 0) {
      return arrow::Status::IOError(
          "cannot listen on ", Printable(listen.bind),
          ": the address is in use, not of this machine, or not allowed");
    }
    socket_path_ = listen.socket_path;
    target_ = socket_path_.empty() ? listen.target_host + ":" + std::to_string(port)
                                   : listen.bind;
    return arrow::Status::OK();
  }

  const std::string& target() const override { return target_; }

  void Shutdown() override {
    std::call_once(shut_down_, [this] {
      if (!server_) return;
      server_->GetHealthCheckService()->Shutdown();
      service_.Stop();
      server_->Shutdown(std::chrono::system_clock::now() + kGrace);
      service_.Join();
      if (!socket_path_.empty()) unlink(socket_path_.c_str());
    });
  }

 private:
  DiscoveryService discovery_;
  PluginService service_;
  std::string socket_path_;
  std::string target_;
  std::once_flag shut_down_;
  std::unique_ptr<grpc::Server> server_;  ///< last member: gone before the services
};

}  // namespace

arrow::Result<std::unique_ptr<Server>> Server::Start(
    SourcePlugin& plugin, Logger& logger, const Address& address,
    std::optional<MetricsEndpoint> metrics) {
  auto server = std::make_unique<GrpcServer>(plugin, logger, std::move(metrics));
  ARROW_RETURN_NOT_OK(server->Listen(address));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace cq
