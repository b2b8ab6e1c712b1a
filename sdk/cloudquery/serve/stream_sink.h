#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cloudquery/metrics/table_metrics.h"
#include "cloudquery/serve/source_plugin.h"
#include "cloudquery/serve/sync_stream.h"
#include "cloudquery/wire/ipc.h"

namespace cq {

/// The SyncSink of a Sync call: encodes and sends, and holds the plugin to the protocol's
/// order.
class StreamSink final : public SyncSink {
 public:
  /// `stream` must outlive the sink, as must `metrics`, which may be null. Error messages
  /// are left out unless `with_error_messages`, as older clients fail on them.
  StreamSink(SyncStream& stream, bool with_error_messages, TableMetrics* metrics)
      : stream_(stream), with_error_messages_(with_error_messages), metrics_(metrics) {}

  arrow::Status MigrateTable(const Table& table) override;
  arrow::Status Insert(const std::string& table,
                       const arrow::RecordBatch& batch) override;
  arrow::Status Error(const std::string& table, const std::string& text) override;
  void Begin(const std::string& table) override;

 private:
  using Encoder = std::shared_ptr<const RecordEncoder>;

  Encoder Find(const std::string& table) const;

  SyncStream& stream_;
  const bool with_error_messages_;
  TableMetrics* const metrics_;
  mutable std::mutex mutex_;
  std::map<std::string, Encoder> encoders_;  ///< of the tables announced so far
};

}  // namespace cq
