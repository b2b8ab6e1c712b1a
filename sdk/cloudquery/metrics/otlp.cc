#include "cloudquery/metrics/otlp.h"

#include <cstdint>

#include "opentelemetry/metrics.pb.h"

namespace cq {
namespace {

namespace otlp = opentelemetry::proto::metrics::v1;
using Time = std::chrono::system_clock::time_point;

uint64_t UnixNanoseconds(Time time) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch())
          .count());
}

void SetAttribute(otlp::KeyValue* attribute, const std::string& key,
                  const std::string& value) {
  attribute->set_key(key);
  attribute->mutable_value()->set_string_value(value);
}

struct Measure {
  const char* name;
  const char* unit;
  int64_t (*value)(const TableFigures&);
};

constexpr Measure kMeasures[] = {
    {"sync.table.resources", "/{tot}", [](const TableFigures& f) { return f.rows; }},
    {"sync.table.errors", "/{tot}", [](const TableFigures& f) { return f.errors; }},
    {"sync.table.panics", "/{tot}", [](const TableFigures&) { return int64_t{0}; }},
    {"sync.table.duration", "ms",
     [](const TableFigures& f) { return int64_t{f.duration.count()}; }},
};

}  // namespace

std::string EncodeOtlpMetrics(const std::vector<TableFigures>& figures,
                              const std::string& plugin, Time started, Time now) {
  otlp::ExportMetricsServiceRequest request;
  otlp::ResourceMetrics& resource = *request.add_resource_metrics();
  SetAttribute(resource.mutable_resource()->add_attributes(), "service.name", plugin);
  otlp::ScopeMetrics& scope = *resource.add_scope_metrics();
  scope.mutable_scope()->set_name("io.cloudquery");
  for (const Measure& measure : kMeasures) {
    otlp::Metric& metric = *scope.add_metrics();
    metric.set_name(measure.name);
    metric.set_unit(measure.unit);
    otlp::Sum& sum = *metric.mutable_sum();
    sum.set_aggregation_temporality(otlp::AGGREGATION_TEMPORALITY_CUMULATIVE);
    sum.set_is_monotonic(true);
    for (const TableFigures& table : figures) {
      otlp::NumberDataPoint& point = *sum.add_data_points();
      point.set_start_time_unix_nano(UnixNanoseconds(started));
      point.set_time_unix_nano(UnixNanoseconds(now));
      point.set_as_int(measure.value(table));
      SetAttribute(point.add_attributes(), "sync.table.name", table.table);
    }
  }
  return request.SerializeAsString();
}

}  // namespace cq
