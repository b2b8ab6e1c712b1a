#include "sync/sync_run.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sync/discovery.h"
#include "sync/sync_commit.h"
#include "sync/table_retries.h"
#include "sync/table_sync.h"

namespace s3source {

namespace {

constexpr int64_t kMostStateBytes = 4 << 20;  // of one table's value
constexpr int64_t kStateBytes = 64 << 20;     // of all, which are sent as one message
constexpr int64_t kLeastStateBytes = 64 << 10;

CursorState StateOf(const cq::State& state, const std::string& bucket,
                    const std::string& table) {
  const std::string plain = CursorKey(bucket, table);
  CursorState values{.plain = {plain, state.Get(plain)}, .delivered = {}};
  const std::string whole = DeliveredKey(bucket, table, {});
  for (std::string& key : state.Keys(whole)) {
    // Not those of a table whose name only begins the same.
    if (key != whole && !key.starts_with(whole + "/")) continue;
    std::string value = state.Get(key);
    values.delivered.emplace_back(std::move(key), std::move(value));
  }
  return values;
}

/// What the state says about a table. A value that cannot be read is an error, never
/// "nothing delivered yet": that would deliver everything again.
arrow::Result<std::unique_ptr<TableSync>> PlanTable(const TableObjects& listed,
                                                    const std::string& bucket,
                                                    const CursorOptions& options,
                                                    const cq::SyncContext& context,
                                                    cq::Logger& logger) {
  ARROW_ASSIGN_OR_RAISE(
      auto cursor,
      TableCursor::Decode(StateOf(context.state, bucket, listed.name), options));
  if (cursor.other_prefix()) {
    logger.Warn(
        "the state was made with another path_prefix, so objects older than its "
        "look-back window are read again",
        {{"table", listed.name}});
  }
  std::optional<KnownSchema> known;
  const std::string schema_key = SchemaKey(bucket, listed.name);
  if (const std::string value = context.state.Get(schema_key); !value.empty()) {
    auto decoded = DecodeSchemaState(value);
    if (!decoded.ok()) {
      return decoded.status().WithMessage(
          "state key ", schema_key, " cannot be read: ", decoded.status().message(),
          "; delete the table's keys from the state table to sync the table anew");
    }
    known = *std::move(decoded);
  }
  return std::make_unique<TableSync>(listed, std::move(cursor), std::move(known),
                                     context.sink);
}

double SecondsSince(Timestamp start, Timestamp end) {
  return std::chrono::duration<double>(end - start).count();
}

arrow::Result<TableSyncs> Plan(const std::vector<const TableObjects*>& selected,
                               const std::string& bucket, const SyncOptions& options,
                               const cq::SyncContext& context, cq::Logger& logger) {
  const auto count = std::max<int64_t>(1, static_cast<int64_t>(selected.size()));
  const CursorOptions cursor{
      .share = options.share,
      .path_prefix = options.path_prefix,
      .lookback = options.lookback,
      .budget_bytes = std::clamp(kStateBytes / count, kLeastStateBytes, kMostStateBytes)};
  TableSyncs tables;
  for (const TableObjects* listed : selected) {
    ARROW_ASSIGN_OR_RAISE(auto table,
                          PlanTable(*listed, bucket, cursor, context, logger));
    ARROW_RETURN_NOT_OK(table->AnnounceKnown());
    logger.Info("syncing table",
                {{"table", table->name()},
                 {"total_objects", static_cast<int64_t>(listed->objects.size())},
                 {"new_objects", static_cast<int64_t>(table->work().size())},
                 {"owed_objects", table->owed()},
                 {"incremental", context.state.enabled()}});
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace

arrow::Status RunSync(ObjectStore& store, const SyncOptions& options,
                      const cq::TableFilter& filter, const cq::SyncContext& context,
                      cq::Logger& logger) {
  const Timestamp started = options.now();
  ARROW_ASSIGN_OR_RAISE(const Catalog catalog,
                        Discover(store, options.path_prefix, context.stop, logger));
  ARROW_ASSIGN_OR_RAISE(const auto selected, SelectTables(catalog, filter));
  logger.Info("starting sync", {{"tables", static_cast<int64_t>(selected.size())}});
  ARROW_ASSIGN_OR_RAISE(const TableSyncs tables,
                        Plan(selected, store.bucket(), options, context, logger));
  const TableRetries retries(store, tables);
  ARROW_RETURN_NOT_OK(
      Pipeline(store, context.sink, logger, options.pipeline).Run(tables, context.stop));
  ARROW_RETURN_NOT_OK(ReportFailures(tables, context.sink, logger));
  // A clock of ours that is fast must not hide what appeared while the listing ran.
  const auto fast = std::min(store.ClockOffset(), std::chrono::nanoseconds(0));
  ARROW_RETURN_NOT_OK(CommitTables(tables, store.bucket(), options.share, started + fast,
                                   context.state, logger));
  logger.Info("sync complete", {{"tables", static_cast<int64_t>(tables.size())},
                                {"retried_requests", store.retries()},
                                {"seconds", SecondsSince(started, options.now())}});
  return arrow::Status::OK();
}

}  // namespace s3source
