#include "store/s3_service.h"

#include <aws/common/error.h>
#include <aws/common/uri.h>
#include <aws/http/connection.h>
#include <aws/http/connection_manager.h>
#include <aws/http/proxy.h>
#include <aws/io/socket.h>
#include <aws/io/tls_channel_handler.h>

#include <chrono>
#include <cstdint>
#include <utility>

#include "spec/name.h"

namespace s3source::crt {
namespace {

/// What stands between here and S3 may forget a connection without a word; S3 itself ends
/// one sooner.
constexpr std::chrono::milliseconds kMostIdle{10'000};

}  // namespace

Route::Route(std::string region, std::string host)
    : region_(std::move(region)), host_(std::move(host)) {}

Route::~Route() {
  if (connections_ != nullptr) aws_http_connection_manager_release(connections_);
}

arrow::Result<std::shared_ptr<const Route>> Route::Make(Runtime& runtime,
                                                        std::string region,
                                                        const S3Address& address,
                                                        const S3Options& options) {
  std::shared_ptr<Route> route(new Route(std::move(region), address.host()));
  const std::string url = address.url();
  const aws_byte_cursor cursor = Cursor(url);
  aws_uri endpoint{};
  if (aws_uri_init_parse(&endpoint, runtime.allocator(), &cursor) != 0) {
    return CrtError("endpoint " + url, aws_last_error());
  }
  const arrow::Status started = route->Start(runtime, endpoint, options);
  aws_uri_clean_up(&endpoint);
  ARROW_RETURN_NOT_OK(started);
  return route;
}

arrow::Status Route::Start(Runtime& runtime, const aws_uri& endpoint,
                           const S3Options& options) {
  const bool has_tls = View(*aws_uri_scheme(&endpoint)) == "https";
  constexpr uint32_t kHttpPort = 80, kHttpsPort = 443;
  const uint32_t port = aws_uri_port(&endpoint);
  aws_socket_options socket{};
  socket.type = AWS_SOCKET_STREAM;
  socket.domain = AWS_SOCKET_IPV4;  // or what the name resolves to
  socket.tcp_nodelay = AWS_SOCKET_TCP_NODELAY_ON;
  socket.connect_timeout_ms = static_cast<uint32_t>(options.connect_timeout.count());
  aws_http_connection_monitoring_options monitoring{};
  monitoring.minimum_throughput_bytes_per_second = options.slow_bytes_per_second;
  monitoring.allowable_throughput_failure_interval_seconds =
      static_cast<uint32_t>(options.slow_timeout.count());

  proxy_env_var_settings proxy{};
  proxy.env_var_type = AWS_HPEV_ENABLE;

  aws_http_connection_manager_options pool{};
  pool.bootstrap = runtime.bootstrap();
  pool.initial_window_size = SIZE_MAX;
  pool.socket_options = &socket;
  pool.monitoring_options = &monitoring;
  pool.proxy_ev_settings = &proxy;
  pool.max_connection_idle_in_milliseconds = kMostIdle.count();
  pool.host = *aws_uri_host_name(&endpoint);
  pool.port = port != 0 ? port : (has_tls ? kHttpsPort : kHttpPort);
  pool.max_connections = static_cast<size_t>(ConnectionsFor(options.connections));
  pool.shutdown_complete_callback = Pending::End;
  pool.shutdown_complete_user_data = &runtime.pending();
  aws_tls_connection_options tls{};
  if (has_tls) {
    aws_tls_connection_options_init_from_ctx(&tls, runtime.tls());
    aws_tls_connection_options_set_server_name(&tls, runtime.allocator(), &pool.host);
    pool.tls_connection_options = &tls;
  }
  runtime.pending().Begin();
  connections_ = aws_http_connection_manager_new(runtime.allocator(), &pool);
  const int error = connections_ == nullptr ? aws_last_error() : 0;
  if (has_tls) aws_tls_connection_options_clean_up(&tls);
  if (error == 0) return arrow::Status::OK();
  Pending::End(&runtime.pending());
  return CrtError("starting connections", error);
}

arrow::Result<std::unique_ptr<S3Service>> S3Service::Make(const S3Options& options,
                                                          const S3Address& address,
                                                          const S3Target& target,
                                                          cq::Logger& logger) {
  ARROW_ASSIGN_OR_RAISE(auto runtime, Runtime::Make(options.environment));
  std::unique_ptr<S3Service> service(
      new S3Service(std::move(runtime), options, target, logger));
  ARROW_RETURN_NOT_OK(service->Start(address));
  return service;
}

S3Service::S3Service(std::unique_ptr<Runtime> runtime, const S3Options& options,
                     const S3Target& target, cq::Logger& logger)
    : runtime_(std::move(runtime)),
      options_(options),
      target_(target),
      logger_(logger),
      credentials_(*runtime_, options_) {}

void S3Service::Close() {
  later_.AwaitNone();
  std::lock_guard lock(mutex_);
  route_.reset();
}

arrow::Status S3Service::Start(const S3Address& address) {
  const bool has_tls = address.tls() && runtime_->tls() != nullptr;
  // Credentials may have asked for it too.
  ARROW_RETURN_NOT_OK(runtime_->tls_status());
  if (address.tls() && !has_tls) {
    return arrow::Status::IOError(
        "no certificate authorities found to check servers with; install the package "
        "ca-certificates, or set AWS_CA_BUNDLE to their file");
  }
  // Told at the first use, and by Credentials::Await.
  const auto provider = credentials_.provider();
  if (provider == nullptr) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(route_,
                        Route::Make(*runtime_, options_.region, address, options_));
  return arrow::Status::OK();
}

void S3Service::RunLater(std::chrono::milliseconds pause, std::function<void()> run) {
  later_.Begin();
  runtime_->RunLater(pause, [this, run = std::move(run)] {
    run();
    Pending::End(&later_);
  });
}

Access S3Service::access() const {
  std::lock_guard lock(mutex_);
  return {route_, credentials_.provider()};
}

bool S3Service::Recover(const Access& used, const S3Failure& failure,
                        Forgiven& forgiven) {
  if (SaysExpired(failure)) {
    if (std::exchange(forgiven.expired, true)) return false;
    return credentials_.Renew(used.credentials, [this] {
      logger_.Info("the S3 credentials have expired and are looked for again",
                   {{"bucket", target_.bucket}});
    });
  }
  const std::string region = RegionInstead(failure);
  if (region.empty() || std::exchange(forgiven.moved, true)) return false;
  return Follow(used, region);
}

bool S3Service::Follow(const Access& used, const std::string& region) {
  std::lock_guard lock(mutex_);
  if (route_ != used.route) return true;  // followed meanwhile
  // Signed requests go to AWS's own servers only, and never to another partition's.
  if (moved_ || target_.custom || !IsAwsRegion(region) ||
      AwsPartition(region) != AwsPartition(options_.region) ||
      region == route_->region()) {
    return false;
  }
  S3Options there = options_;
  there.region = region;
  const auto address = S3Address::Make(there);
  if (!address.ok()) return false;
  auto route = Route::Make(*runtime_, region, *address, there);
  if (!route.ok()) return false;
  route_ = *std::move(route);
  moved_ = true;
  logger_.Warn("the bucket is in another region than configured; set `region: " + region +
                   "` to save the detour",
               {{"bucket", target_.bucket}, {"configured_region", options_.region}});
  return true;
}

}  // namespace s3source::crt
