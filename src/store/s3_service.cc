#include "store/s3_service.h"

#include <aws/auth/credentials.h>
#include <aws/auth/signing_config.h>
#include <aws/common/error.h>
#include <aws/http/connection.h>
#include <aws/io/tls_channel_handler.h>
#include <aws/s3/s3_client.h>

#include <algorithm>
#include <utility>

#include "spec/name.h"

namespace s3source::crt {
namespace {

/// The least the runtime takes. Reads land in buffers of ours and never count against it.
constexpr uint64_t kMemoryLimit = 256U << 20;

int64_t Connections(int64_t wanted) {
  return wanted > 0 ? std::min(wanted, kMaxConnections) : kMaxConnections;
}

void SetTimes(const S3Options& options, aws_s3_client_config& config) {
  config.connect_timeout_ms = static_cast<uint32_t>(options.connect_timeout.count());
  config.retry_config.retry_mode =
      options.retries == 0 ? AWS_S3_RETRY_MODE_NONE : AWS_S3_RETRY_MODE_STANDARD;
  config.retry_config.max_retries = options.retries;
  config.retry_config.max_backoff_secs =
      static_cast<uint32_t>(options.retry_limit.count());
  config.retry_config.backoff_scale_factor_ms =
      static_cast<uint32_t>(options.retry_base.count());
}

}  // namespace

Route::Route(std::string region, std::string host)
    : region_(std::move(region)), host_(std::move(host)) {}

Route::~Route() { aws_uri_clean_up(&endpoint_); }

arrow::Result<std::shared_ptr<const Route>> Route::Make(Runtime& runtime,
                                                        std::string region,
                                                        const S3Address& address) {
  std::shared_ptr<Route> route(new Route(std::move(region), address.host()));
  const std::string url = address.url();
  const aws_byte_cursor cursor = Cursor(url);
  if (aws_uri_init_parse(&route->endpoint_, runtime.allocator(), &cursor) != 0) {
    return CrtError("endpoint " + url, aws_last_error());
  }
  return route;
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
  if (std::exchange(closed_, true)) return;
  later_.AwaitNone();
  aws_s3_client_release(client_);
  // The client uses every member until its last request has ended.
  client_ended_.AwaitNone();
  // What its last requests wanted to run.
  later_.AwaitNone();
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
  ARROW_ASSIGN_OR_RAISE(route_, Route::Make(*runtime_, options_.region, address));

  aws_signing_config_aws signing{};
  aws_s3_init_default_signing_config(&signing, Cursor(options_.region), provider.get());
  aws_http_connection_monitoring_options monitoring{};
  monitoring.minimum_throughput_bytes_per_second = options_.slow_bytes_per_second;
  monitoring.allowable_throughput_failure_interval_seconds =
      static_cast<uint32_t>(options_.slow_timeout.count());

  aws_s3_client_config config{};
  config.region = Cursor(options_.region);
  config.client_bootstrap = runtime_->bootstrap();
  config.signing_config = &signing;
  config.max_active_connections_override =
      static_cast<uint32_t>(Connections(options_.connections));
  // Only sets how many connections the runtime thinks of; the line above is the bound.
  config.throughput_target_gbps = 100.0;
  config.memory_limit_in_bytes = kMemoryLimit;
  config.monitoring_options = &monitoring;
  SetTimes(options_, config);
  config.num_file_io_threads = 1;
  aws_tls_connection_options tls{};
  if (address.tls()) {
    aws_tls_connection_options_init_from_ctx(&tls, runtime_->tls());
    config.tls_mode = AWS_MR_TLS_ENABLED;
    config.tls_connection_options = &tls;
  } else {
    config.tls_mode = AWS_MR_TLS_DISABLED;
  }
  config.shutdown_callback = Pending::End;
  config.shutdown_callback_user_data = &client_ended_;
  client_ended_.Begin();
  client_ = aws_s3_client_new(runtime_->allocator(), &config);
  const int error = client_ == nullptr ? aws_last_error() : 0;
  if (address.tls()) aws_tls_connection_options_clean_up(&tls);
  if (error != 0) {
    Pending::End(&client_ended_);
    return CrtError("starting the S3 client", error);
  }
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
  auto route = Route::Make(*runtime_, region, *address);
  if (!route.ok()) return false;
  route_ = *std::move(route);
  moved_ = true;
  logger_.Warn("the bucket is in another region than configured; set `region: " + region +
                   "` to save the detour",
               {{"bucket", target_.bucket}, {"configured_region", options_.region}});
  return true;
}

}  // namespace s3source::crt
