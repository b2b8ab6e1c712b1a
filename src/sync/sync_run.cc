#include "sync/sync_run.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sync/discovery.h"
#include "sync/table_sync.h"

namespace s3source {

namespace {

using TableSyncs = std::vector<std::unique_ptr<TableSync>>;

/// What the state says about a table. A value that cannot be read is an error, never
/// "nothing delivered yet": that would deliver everything again.
arrow::Result<std::unique_ptr<TableSync>> PlanTable(const TableObjects& listed,
                                                    const std::string& bucket,
                                                    const cq::SyncContext& context) {
  const std::string cursor_key = CursorKey(bucket, listed.name);
  const auto remedy = [](const std::string& key, const arrow::Status& status) {
    return status.WithMessage(
        "state key ", key, ": ", status.message(),
        "; delete this key from the state table to sync the table anew");
  };
  auto cursor = TableCursor::Decode(context.state.Get(cursor_key));
  if (!cursor.ok()) return remedy(cursor_key, cursor.status());
  std::optional<KnownSchema> known;
  const std::string schema_key = SchemaKey(bucket, listed.name);
  if (const std::string value = context.state.Get(schema_key); !value.empty()) {
    auto decoded = DecodeSchemaState(value);
    if (!decoded.ok()) return remedy(schema_key, decoded.status());
    known = *std::move(decoded);
  }
  return std::make_unique<TableSync>(listed, *std::move(cursor), std::move(known),
                                     context.sink);
}

arrow::Result<TableSyncs> Plan(const std::vector<const TableObjects*>& selected,
                               const std::string& bucket, const cq::SyncContext& context,
                               cq::Logger& logger) {
  TableSyncs tables;
  for (const TableObjects* listed : selected) {
    ARROW_ASSIGN_OR_RAISE(auto table, PlanTable(*listed, bucket, context));
    ARROW_RETURN_NOT_OK(table->AnnounceKnown());
    logger.Info("syncing table",
                {{"table", table->name()},
                 {"total_objects", static_cast<int64_t>(listed->objects.size())},
                 {"new_objects", static_cast<int64_t>(table->work().size())},
                 {"incremental", context.state.enabled()}});
    tables.push_back(std::move(table));
  }
  return tables;
}

/// Reports every failed table; an error that names them when there is one.
arrow::Status ReportFailures(const TableSyncs& tables, cq::SyncSink& sink,
                             cq::Logger& logger) {
  std::string text;
  int64_t failed = 0;
  for (const auto& table : tables) {
    const arrow::Status failure = table->failure();
    if (failure.ok()) continue;
    ++failed;
    logger.Error("table failed",
                 {{"table", table->name()}, {"error", failure.message()}});
    ARROW_RETURN_NOT_OK(sink.Error(table->name(), failure.message()));
    text += (text.empty() ? "" : "; ") + failure.message();
  }
  if (failed == 0) return arrow::Status::OK();
  return arrow::Status::IOError(
      failed, " of ", tables.size(),
      " tables failed; the rows of the others were sent, but no cursor was moved, so the "
      "next sync sends them again: ",
      text);
}

arrow::Status Commit(const TableSyncs& tables, const std::string& bucket,
                     cq::State& state) {
  for (const auto& table : tables) ARROW_RETURN_NOT_OK(table->Commit(bucket, state));
  const arrow::Status flushed = state.Flush();
  if (flushed.ok()) return flushed;
  return flushed.WithMessage(
      "all rows were sent, but the cursor could not be stored, so the next sync sends "
      "them again: ",
      flushed.message());
}

void LogSummary(const TableSyncs& tables, cq::Logger& logger) {
  for (const auto& table : tables) {
    logger.Info("table synced", {{"table", table->name()},
                                 {"objects", table->delivered()},
                                 {"skipped", table->skipped()},
                                 {"rows", table->rows()}});
  }
  logger.Info("sync complete", {{"tables", static_cast<int64_t>(tables.size())}});
}

}  // namespace

arrow::Status RunSync(ObjectStore& store, const SyncOptions& options,
                      const cq::TableFilter& filter, const cq::SyncContext& context,
                      cq::Logger& logger) {
  ARROW_ASSIGN_OR_RAISE(const Catalog catalog,
                        Discover(store, options.path_prefix, context.stop, logger));
  ARROW_ASSIGN_OR_RAISE(const auto selected, SelectTables(catalog, filter));
  logger.Info("starting sync", {{"tables", static_cast<int64_t>(selected.size())}});
  ARROW_ASSIGN_OR_RAISE(const TableSyncs tables,
                        Plan(selected, store.bucket(), context, logger));
  ARROW_RETURN_NOT_OK(
      Pipeline(store, context.sink, logger, options.pipeline).Run(tables, context.stop));
  ARROW_RETURN_NOT_OK(ReportFailures(tables, context.sink, logger));
  ARROW_RETURN_NOT_OK(Commit(tables, store.bucket(), context.state));
  LogSummary(tables, logger);
  return arrow::Status::OK();
}

}  // namespace s3source
