#pragma once

#include <arrow/result.h>

#include <memory>
#include <optional>
#include <string>

#include "cloudquery/log/logger.h"
#include "cloudquery/metrics/metrics_endpoint.h"
#include "cloudquery/serve/source_plugin.h"

namespace cq {

/// Where a plugin listens.
struct Address {
  std::string network = "tcp";  ///< tcp, tcp4, tcp6, unix or unixpacket
  std::string address =
      "localhost:7777";  ///< host:port (port 0: any free one) or a socket's path
};

/// A plugin behind gRPC: CloudQuery discovery v1 and plugin protocol v3, with the
/// standard health service. Accepts connections from Start on; ends with Shutdown or its
/// destruction.
class Server {
 public:
  /// `plugin` and `logger` must outlive the server. Each sync sends what its tables come
  /// to, if there is an endpoint for metrics.
  static arrow::Result<std::unique_ptr<Server>> Start(
      SourcePlugin& plugin, Logger& logger, const Address& address,
      std::optional<MetricsEndpoint> metrics = std::nullopt);
  virtual ~Server() = default;

  /// A gRPC target that reaches this server, for example 127.0.0.1:40123 or
  /// unix:/tmp/x.sock.
  virtual const std::string& target() const = 0;
  /// Stops the calls that run, refuses new ones and returns when they have ended: within
  /// 5 s if the plugin obeys its stop token. May be called again and does nothing then.
  virtual void Shutdown() = 0;
};

}  // namespace cq
