#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cloudquery/metrics/table_metrics.h"

namespace cq {

/// The figures as the body of an OTLP request to /v1/metrics, in the form that
/// CloudQuery's CLI reads: cumulative integer sums `sync.table.resources`, `.errors`,
/// `.panics` (always 0) and `.duration` (ms) of the scope `io.cloudquery`, each point
/// with the attribute `sync.table.name`. Other sums must not be sent: the CLI does not
/// expect a point without that attribute.
std::string EncodeOtlpMetrics(const std::vector<TableFigures>& figures,
                              const std::string& plugin,
                              std::chrono::system_clock::time_point started,
                              std::chrono::system_clock::time_point now);

}  // namespace cq
