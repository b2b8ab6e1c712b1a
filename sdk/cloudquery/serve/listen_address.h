#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <string>

#include "cloudquery/serve/server.h"

namespace cq {

/// An Address in gRPC's words.
struct ListenAddress {
  std::string bind;  ///< what gRPC is told to listen on: host:port or unix:path
  std::string
      target_host;  ///< how a client on this machine names the host; empty for a socket
  std::string socket_path;  ///< empty for TCP
};

/// Invalid, with what is expected, for an unknown network, a bad host:port or a path that
/// no socket can have. An empty host means every interface, as in Go.
arrow::Result<ListenAddress> ParseListenAddress(const Address& address);

/// Removes the socket that a killed process left at `path`. AlreadyExists when a process
/// listens there or when the file is something else, which is never removed.
arrow::Status RemoveStaleSocket(const std::string& path);

}  // namespace cq
