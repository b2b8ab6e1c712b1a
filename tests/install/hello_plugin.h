#pragma once

#include <arrow/array/builder_binary.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <memory>
#include <string>

#include "cloudquery/serve/source_plugin.h"

/// One table, one row.
class HelloPlugin final : public cq::SourcePlugin {
 public:
  std::string name() const override { return "hello"; }
  std::string version() const override { return "v1.2.3"; }
  arrow::Status Init(const cq::InitRequest&) override { return arrow::Status::OK(); }
  arrow::Result<cq::Tables> GetTables(const cq::TableFilter& filter,
                                      std::stop_token) override {
    return cq::FilterTables(
        {{.name = "greetings", .columns = {{.name = "text", .type = arrow::utf8()}}}},
        filter);
  }
  arrow::Status Sync(const cq::SyncRequest& request, cq::SyncContext context) override {
    ARROW_ASSIGN_OR_RAISE(const auto tables, GetTables(request.filter, context.stop));
    for (const auto& table : tables) {
      ARROW_RETURN_NOT_OK(context.sink.MigrateTable(table));
      arrow::StringBuilder texts;
      ARROW_RETURN_NOT_OK(texts.Append("hello"));
      ARROW_ASSIGN_OR_RAISE(const auto column, texts.Finish());
      const auto batch = arrow::RecordBatch::Make(cq::ToArrowSchema(table), 1, {column});
      ARROW_RETURN_NOT_OK(context.sink.Insert(table.name, *batch));
    }
    return arrow::Status::OK();
  }
};
