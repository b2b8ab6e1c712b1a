#pragma once

#include <arrow/result.h>

#include <string>
#include <string_view>

namespace cq {

/// Where a sync's metrics go, by OTLP over plain HTTP.
struct MetricsEndpoint {
  std::string host;
  std::string port;
};

/// `host:port`, as `--otel-endpoint` has it; an IPv6 address stands in brackets. Invalid
/// for anything else.
arrow::Result<MetricsEndpoint> ParseMetricsEndpoint(std::string_view text);

}  // namespace cq
