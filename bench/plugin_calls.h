#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "bench/sync_stats.h"

namespace bench {

/// To a plugin that accepts connections on this unix socket.
arrow::Result<std::shared_ptr<grpc::Channel>> Connect(const std::string& socket_path);

/// GetVersions and Init.
arrow::Status Init(const std::shared_ptr<grpc::Channel>& channel,
                   const std::string& spec);

struct DrainOptions {
  std::vector<std::string> tables = {"*"};
  /// The state's destination, and its table; both empty: no state.
  std::string backend;
  std::string backend_table;
  /// The time between two reads, and the time after which the call is cancelled, as for a
  /// client that is slow. 0: read on, until the end.
  std::chrono::milliseconds pause{0};
  std::chrono::milliseconds give_up_after{0};
};

/// Sync: reads the stream as bytes (parsing it would copy every message) and drops them.
arrow::Status Drain(const std::shared_ptr<grpc::Channel>& channel,
                    const DrainOptions& options, SyncStats& stats);

}  // namespace bench
