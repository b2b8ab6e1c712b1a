#pragma once

#include <arrow/type_fwd.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "cloudquery/schema/table.h"
#include "cloudquery/serve/source_plugin.h"
#include "cloudquery/state/client.h"

namespace cq::testing {

/// gRPC's status codes by their numbers on the wire.
enum class RpcCode {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kResourceExhausted = 8,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
};

struct RpcStatus {
  RpcCode code = RpcCode::kOk;
  std::string message;

  bool ok() const { return code == RpcCode::kOk; }
  bool operator==(const RpcStatus&) const = default;
};

std::ostream& operator<<(std::ostream& out, const RpcStatus& status);

/// One message of a sync, decoded.
struct SyncMessage {
  enum class Kind { kNothing, kMigrateTable, kInsert, kError, kDeleteRecord };

  Kind kind = Kind::kNothing;
  std::string table;
  std::shared_ptr<arrow::Schema> schema;  ///< as received, of kMigrateTable and kInsert
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;  ///< of kInsert
  std::string text;                                          ///< of kError
  int64_t size_bytes = 0;                                    ///< of the whole message
  std::string problem;  ///< why its Arrow bytes are not valid
};

/// What a client asks for in Sync.
struct SyncAsk {
  TableFilter filter = {
      .tables = {"*"}, .skip_tables = {}, .skip_dependent_tables = false};
  bool deterministic_cq_id = false;
  BackendOptions backend;
  std::optional<Shard> shard;
  bool with_error_messages = true;
};

/// A sync that runs. Destruction cancels it and waits for its end.
class SyncCall {
 public:
  virtual ~SyncCall() = default;
  /// The next message; none after the last.
  virtual std::optional<SyncMessage> Next() = 0;
  virtual void Cancel() = 0;
  /// Reads what is left and returns how the sync ended.
  virtual RpcStatus Finish() = 0;
};

struct SyncAnswer {
  std::vector<SyncMessage> messages;
  RpcStatus status;
};

/// A client of one plugin, over a real connection. Calls end with kDeadlineExceeded after
/// a minute, so that a test fails instead of hanging.
class PluginClient {
 public:
  /// `target` as of Server::target(). The CLI sends a socket's percent-encoded path as
  /// :authority; `authority` replaces what gRPC would send.
  explicit PluginClient(const std::string& target, const std::string& authority = {});
  ~PluginClient();
  PluginClient(const PluginClient&) = delete;
  PluginClient& operator=(const PluginClient&) = delete;

  /// True when the connection stood within `timeout`.
  bool WaitUntilConnected(std::chrono::milliseconds timeout);

  RpcStatus GetVersions(std::vector<int>* versions);
  RpcStatus GetName(std::string* name);
  RpcStatus GetVersion(std::string* version);
  RpcStatus GetSpecSchema(std::optional<std::string>* schema);
  RpcStatus Init(const std::string& spec, bool no_connection = false,
                 const std::string& invocation_id = {});
  /// `schemas`: as received, one a table.
  RpcStatus GetTables(const TableFilter& filter,
                      std::vector<std::shared_ptr<arrow::Schema>>* schemas);
  std::unique_ptr<SyncCall> StartSync(const SyncAsk& ask);
  /// A whole sync.
  SyncAnswer Sync(const SyncAsk& ask);
  RpcStatus TestConnection(const std::string& spec, ConnectionTest* answer);
  RpcStatus Close();

  // What a source does not have.
  RpcStatus Read();
  RpcStatus Write();
  RpcStatus Transform();
  RpcStatus TransformSchema();

  /// The standard health service's answer for the whole server: true when SERVING.
  RpcStatus Health(bool* serving);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace cq::testing
