#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cloudquery/log/logger.h"
#include "cloudquery/serve/source_plugin.h"
#include "read/memory_plan.h"
#include "spec/spec.h"
#include "store/object_store.h"

namespace s3source {

/// Opens the store a spec describes. Does not connect.
using StoreFactory =
    std::function<arrow::Result<std::shared_ptr<ObjectStore>>(const Spec&)>;

struct PluginOptions {
  std::string version = "development";
  int decode_threads = 2;       ///< at most; memory may be short for so many
  int64_t available_bytes = 0;  ///< that the machine or container has; 0: not known
  StoreFactory open_store;
  /// Makes a text unlike any other, for incremental.receipts. Null where rows and state
  /// are stored together anyway: the field then changes nothing.
  std::function<std::string()> new_receipt;
};

/// The S3 source as a CloudQuery plugin: turns the protocol's verbs into the stages.
class S3Plugin final : public cq::SourcePlugin {
 public:
  /// `logger` outlives the plugin.
  S3Plugin(cq::Logger& logger, PluginOptions options);

  std::string name() const override { return "cq-source-s3"; }
  std::string version() const override { return options_.version; }
  std::optional<std::string> spec_schema() const override;

  /// Checks the spec. Never connects: tables are discovered when they are asked for.
  arrow::Status Init(const cq::InitRequest& request) override;
  arrow::Result<cq::Tables> GetTables(const cq::TableFilter& filter,
                                      std::stop_token stop) override;
  arrow::Status Sync(const cq::SyncRequest& request, cq::SyncContext context) override;
  /// Lists one page and reads the end of one Parquet object in it, if there is one.
  arrow::Result<cq::ConnectionTest> TestConnection(const std::string& spec_json,
                                                   std::stop_token stop) override;
  arrow::Status Close() override;

 private:
  MemoryPlan Plan() const;

  cq::Logger& logger_;
  PluginOptions options_;
  std::optional<Spec> spec_;
  std::shared_ptr<ObjectStore> store_;
};

}  // namespace s3source
