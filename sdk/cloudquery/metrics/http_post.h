#pragma once

#include <arrow/status.h>

#include <chrono>
#include <string>

#include "cloudquery/metrics/metrics_endpoint.h"

namespace cq {

/// One POST on a connection of its own; the answer's body is thrown away. IOError when
/// nobody answers within `timeout` or the answer is not of the 200s; the text names host
/// and port.
arrow::Status HttpPost(const MetricsEndpoint& endpoint, const std::string& path,
                       const std::string& content_type, std::string body,
                       std::chrono::milliseconds timeout);

}  // namespace cq
