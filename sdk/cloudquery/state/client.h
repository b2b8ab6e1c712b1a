#pragma once

#include <arrow/result.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "cloudquery/state/state.h"

namespace cq {

/// `backend_options` of a source spec, resolved by the CLI.
struct BackendOptions {
  std::string table_name;
  std::string connection;  ///< a gRPC target
};

/// Waits; returns early when stop is requested. Passed in so that tests need not sleep.
using Sleeper = std::function<void(std::chrono::milliseconds, std::stop_token)>;

/// The real one.
void SleepFor(std::chrono::milliseconds duration, std::stop_token stop);

/// Opens the state kept in a destination plugin: migrates the state table, then reads all
/// of it, once.
///
/// Both options empty: NoState. One of them empty: Invalid. A backend that is busy with
/// another Read or not reachable yet is tried again, with growing pauses, for about a
/// minute in all; then IOError, never an empty state. Per key the row with the greatest
/// version wins. The connection ends with the returned object.
arrow::Result<std::unique_ptr<State>> ConnectState(const BackendOptions& options,
                                                   std::stop_token stop,
                                                   const Sleeper& sleep = SleepFor);

}  // namespace cq
