#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "cloudquery/serve/source_plugin.h"

namespace cq::testing {

/// The least that is a plugin: no tables, nothing optional. Shows what a server makes of
/// the defaults.
class VoidPlugin final : public SourcePlugin {
 public:
  std::string name() const override { return "void"; }
  std::string version() const override { return "v0.0.0"; }
  arrow::Status Init(const InitRequest&) override { return arrow::Status::OK(); }
  arrow::Result<Tables> GetTables(const TableFilter& filter, std::stop_token) override {
    return FilterTables({}, filter);
  }
  arrow::Status Sync(const SyncRequest& request, SyncContext) override {
    return FilterTables({}, request.filter).status();
  }
};

}  // namespace cq::testing
