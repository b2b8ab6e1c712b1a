#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "cloudquery/log/logger.h"
#include "cloudquery/schema/filter.h"
#include "cloudquery/schema/table.h"
#include "cloudquery/state/state.h"

namespace cq {

struct InitRequest {
  std::string
      spec_json;  ///< the plugin's own `spec:` block; "{}" when the client sent none
  bool no_connection = false;  ///< true: succeed without reaching the remote service
  std::string invocation_id;   ///< the CLI's run, already given to the Logger
};

/// `--shard num/total` of the CLI, counted from 1.
struct Shard {
  int32_t num = 1;
  int32_t total = 1;
};

struct SyncRequest {
  TableFilter filter;
  bool deterministic_cq_id = false;
  std::optional<Shard> shard;
  bool with_error_messages = false;
};

/// Where a source's messages go. Safe to call from several threads; each call blocks
/// while the client is slow, which is the back-pressure of a sync. A failed call means
/// that the client is gone: stop.
class SyncSink {
 public:
  virtual ~SyncSink() = default;

  /// Announces a table or a new form of it. Before its first record; parents before
  /// children.
  virtual arrow::Status MigrateTable(const Table& table) = 0;
  /// Rows of `table`, with the columns of the latest MigrateTable in that order. Large
  /// batches are sent as several messages. CapacityError when a single row is larger than
  /// a message may be.
  virtual arrow::Status Insert(const std::string& table,
                               const arrow::RecordBatch& batch) = 0;
  /// Counts one error of `table` in the client's summary. The text is not shown there:
  /// log it too.
  virtual arrow::Status Error(const std::string& table, const std::string& text) = 0;
  /// Work on `table` begins: the duration that the client's metrics tell of it counts
  /// from here to the last thing sent of it. Without this call it counts from the first.
  virtual void Begin(const std::string& table) { static_cast<void>(table); }
};

/// What a sync works with. All of it outlives the call.
struct SyncContext {
  SyncSink& sink;
  State& state;  ///< connected; flush it after the last record of a clean sync
  std::stop_token stop;
};

/// The answer of TestConnection. Codes in use by CloudQuery: INVALID_SPEC, UNAUTHORIZED,
/// UNREACHABLE, CONNECTION_FAILED, OTHER.
struct ConnectionTest {
  bool success = false;
  std::string failure_code;
  std::string failure_description;
};

/// A CloudQuery source plugin. The server calls Init, GetTables, Sync and Close one at a
/// time (a call that comes too early is refused) and the others at any time, from its own
/// threads. NotImplemented from any verb becomes the gRPC status UNIMPLEMENTED.
class SourcePlugin {
 public:
  virtual ~SourcePlugin() = default;

  virtual std::string name() const = 0;
  virtual std::string version() const = 0;
  /// The JSON schema (draft 2020-12) of the spec, if there is one.
  virtual std::optional<std::string> spec_schema() const { return std::nullopt; }

  /// May come again in a later session: the new state replaces the old.
  virtual arrow::Status Init(const InitRequest& request) = 0;
  /// The tables selected by `filter`, flat, parents first.
  virtual arrow::Result<Tables> GetTables(const TableFilter& filter,
                                          std::stop_token stop) = 0;
  /// Sends the tables and their rows. Returns soon (well within 5 s) after stop is
  /// requested.
  virtual arrow::Status Sync(const SyncRequest& request, SyncContext context) = 0;
  /// Needs no Init and does not disturb a session.
  virtual arrow::Result<ConnectionTest> TestConnection(const std::string& spec_json,
                                                       std::stop_token stop);
  virtual arrow::Status Close() { return arrow::Status::OK(); }
};

}  // namespace cq
