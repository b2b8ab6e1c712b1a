#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace s3source {

/// The server of an S3 service.
struct Endpoint {
  bool tls = true;
  std::string host;  ///< in lower case; an IPv6 address in its brackets
  std::optional<uint16_t> port;

  /// `http[s]://host[:port]`
  std::string url() const;
};

/// The one reading of an endpoint, wherever a user wrote it: `http://` or `https://`,
/// host and port, in any letter case, with or without a slash at the end. Invalid for
/// user names, paths, queries and the addresses of cloud metadata services in any
/// spelling; the texts begin with `name`, which says where it was written, and never
/// repeat the value, which may hold a secret.
arrow::Result<Endpoint> ParseEndpoint(std::string_view name, std::string_view endpoint);

}  // namespace s3source
