#include "cloudquery/metrics/metrics_endpoint.h"

#include <arrow/status.h>

#include <algorithm>

#include "cloudquery/log/printable.h"

namespace cq {

arrow::Result<MetricsEndpoint> ParseMetricsEndpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  const std::string_view port =
      colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const bool number =
      !port.empty() && port.size() <= 5 &&
      std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool bare = host.find_first_of("/:@[] ") == std::string_view::npos;
  if (!number || host.empty() || (!bare && !bracketed)) {
    return arrow::Status::Invalid("otel_endpoint ", Printable(text),
                                  " is not a host and port such as localhost:4318");
  }
  return MetricsEndpoint{.host = std::string(host), .port = std::string(port)};
}

}  // namespace cq
