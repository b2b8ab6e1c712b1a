#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "cloudquery/log/logger.h"
#include "cloudquery/metrics/metrics_endpoint.h"
#include "cloudquery/metrics/table_metrics.h"

namespace cq {

/// Sends the figures of a sync every 15 s, and once more when it is destroyed, which
/// takes at most 3 s if the endpoint is silent. A failure is logged as a warning and ends
/// the sending, but never the sync.
class MetricsExport {
 public:
  /// `metrics` and `logger` must outlive it. `plugin` names the sender.
  MetricsExport(MetricsEndpoint endpoint, std::string plugin, const TableMetrics& metrics,
                Logger& logger);
  ~MetricsExport();

  MetricsExport(const MetricsExport&) = delete;
  MetricsExport& operator=(const MetricsExport&) = delete;

 private:
  void Run(const std::stop_token& stop);
  void Send();

  const MetricsEndpoint endpoint_;
  const std::string plugin_;
  const TableMetrics& metrics_;
  Logger& logger_;
  const std::chrono::system_clock::time_point started_;
  bool failed_ = false;  ///< used by the thread, then by the destructor

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace cq
