#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "cloudquery/discovery/v1/discovery.grpc.pb.h"
#include "cloudquery/plugin/v3/plugin.grpc.pb.h"
#include "cloudquery/state/client.h"
#include "cloudquery/state/state_table.h"

namespace cq {

/// The calls to a destination plugin that keeps state. A call that finds the plugin busy
/// or unreachable is repeated with growing pauses until they add up to about a minute;
/// each verb has its own minute, except that RequireVersion3, Migrate and Read share one.
class Backend {
 public:
  Backend(BackendOptions options, std::stop_token stop, Sleeper sleep);
  Backend(Backend&&) = default;
  /// Ends a connection attempt that a stop has interrupted, for at most half a second.
  ~Backend();

  /// Asks for what the plugin speaks; the error asks the user to upgrade it.
  arrow::Status RequireVersion3();
  arrow::Status Migrate(const arrow::Schema& schema);
  /// Adds every row of the state table to `rows`.
  arrow::Status Read(const arrow::Schema& schema, StateRows& rows);
  /// All rows of any table, in the columns of `schema`; for errors, `what` is done here.
  arrow::Result<arrow::RecordBatchVector> ReadTable(const char* what,
                                                    const arrow::Schema& schema);
  arrow::Status Insert(const arrow::RecordBatch& record);

 private:
  using Discovery = cloudquery::discovery::v1::Discovery;
  using Plugin = cloudquery::plugin::v3::Plugin;
  using WriteRequest = cloudquery::plugin::v3::Write::Request;
  using Call = std::function<grpc::Status(grpc::ClientContext&)>;

  arrow::Status WithRetries(const char* what, std::chrono::seconds deadline,
                            const Call& call);
  arrow::Status Write(const char* what, const std::vector<WriteRequest>& requests);
  arrow::Status Failed(const char* what, const std::string& why, bool exhausted) const;

  const BackendOptions options_;
  const std::stop_token stop_;
  const Sleeper sleep_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<Discovery::Stub> discovery_;
  std::unique_ptr<Plugin::Stub> plugin_;
  std::chrono::milliseconds slept_{0};
};

}  // namespace cq
