#include "cloudquery/metrics/metrics_export.h"

#include <stop_token>
#include <utility>

#include "cloudquery/metrics/http_post.h"
#include "cloudquery/metrics/otlp.h"

namespace cq {
namespace {

/// As often as CloudQuery's Go SDK.
constexpr std::chrono::seconds kInterval{15};
constexpr std::chrono::seconds kTimeout{3};

}  // namespace

MetricsExport::MetricsExport(MetricsEndpoint endpoint, std::string plugin,
                             const TableMetrics& metrics, Logger& logger)
    : endpoint_(std::move(endpoint)),
      plugin_(std::move(plugin)),
      metrics_(metrics),
      logger_(logger),
      started_(std::chrono::system_clock::now()),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

MetricsExport::~MetricsExport() {
  thread_.request_stop();
  thread_.join();
  Send();
}

void MetricsExport::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, kInterval, [] { return false; });
    if (!stop.stop_requested()) Send();
  }
}

void MetricsExport::Send() {
  const auto figures = metrics_.Figures();
  if (figures.empty() || failed_) return;
  const arrow::Status sent = HttpPost(
      endpoint_, "/v1/metrics", "application/x-protobuf",
      EncodeOtlpMetrics(figures, plugin_, started_, std::chrono::system_clock::now()),
      kTimeout);
  if (sent.ok()) return;
  failed_ = true;
  logger_.Warn("no metrics are sent: the endpoint does not take them",
               {{"error", sent.message()}});
}

}  // namespace cq
