#include "sync/sync_run.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "cloudquery/log/printable.h"
#include "cursor/pending_value.h"
#include "sync/certain_work.h"
#include "sync/discovery.h"
#include "sync/early_reads.h"
#include "sync/receipts.h"
#include "sync/sync_commit.h"
#include "sync/table_retries.h"
#include "sync/table_sync.h"

namespace s3source {

namespace {

constexpr int64_t kMostStateBytes = 4 << 20;  // of one table's value
constexpr int64_t kStateBytes = 64 << 20;     // of all, which are sent as one message
constexpr int64_t kLeastStateBytes = 64 << 10;
/// Of the memory for fetches, early reads may have one part in so many.
constexpr int64_t kEarlyShare = 2;

/// The values of `whole` and of that key for shards.
std::vector<std::pair<std::string, std::string>> OfAllShares(const cq::State& state,
                                                             const std::string& whole) {
  std::vector<std::pair<std::string, std::string>> values;
  for (std::string& key : state.Keys(whole)) {
    // Not those of a table whose name only begins the same.
    if (key != whole && !key.starts_with(whole + "/")) continue;
    std::string value = state.Get(key);
    values.emplace_back(std::move(key), std::move(value));
  }
  return values;
}

CursorState StateOf(const cq::State& state, const std::string& bucket,
                    const std::string& table) {
  const std::string plain = CursorKey(bucket, table);
  return {.plain = {plain, state.Get(plain)},
          .delivered = OfAllShares(state, DeliveredKey(bucket, table, {})),
          .pending = OfAllShares(state, PendingKey(bucket, table, {}))};
}

/// What the destination is known to have of a table; the state says so from the next
/// flush on.
arrow::Result<CursorState> SettledState(const std::string& bucket,
                                        const std::string& table, const KeyShare& share,
                                        StoredReceipts& receipts, cq::State& state,
                                        cq::Logger& logger) {
  ARROW_ASSIGN_OR_RAISE(auto settled, SettlePending(StateOf(state, bucket, table), share,
                                                    [&](const std::string& receipt) {
                                                      return receipts.Has(receipt);
                                                    }));
  for (const auto& [key, value] : settled.stores) state.Set(key, value);
  if (settled.missed) {
    logger.Warn(
        "the state backend has no receipt of the last sync, so what that one sent is "
        "sent again; if this is said in each sync, the backend is not the destination",
        {{"table", table}});
  }
  return std::move(settled.known);
}

/// What every table is planned with.
struct Planning {
  const std::string& bucket;
  const CursorOptions& cursor;
  const TableSync::Clock& now;
  StoredReceipts& receipts;
  const cq::SyncContext& context;
  cq::Logger& logger;
};

/// What the state says about a table. A value that cannot be read is an error, never
/// "nothing delivered yet": that would deliver everything again.
arrow::Result<std::unique_ptr<TableSync>> PlanTable(const TableObjects& listed,
                                                    const Planning& planning) {
  cq::State& kept = planning.context.state;
  ARROW_ASSIGN_OR_RAISE(const auto state,
                        SettledState(planning.bucket, listed.name, planning.cursor.share,
                                     planning.receipts, kept, planning.logger));
  ARROW_ASSIGN_OR_RAISE(auto cursor, TableCursor::Decode(state, planning.cursor));
  if (cursor.other_prefix()) {
    planning.logger.Warn(
        "the state was made with another path_prefix, so objects older than its "
        "look-back window are read again",
        {{"table", listed.name}});
  }
  std::optional<KnownSchema> known;
  const std::string schema_key = SchemaKey(planning.bucket, listed.name);
  if (const std::string value = kept.Get(schema_key); !value.empty()) {
    auto decoded = DecodeSchemaState(value);
    if (!decoded.ok()) {
      return decoded.status().WithMessage(
          "state key ", schema_key, " cannot be read: ", decoded.status().message(),
          "; delete the table's keys from the state table to sync the table anew");
    }
    known = *std::move(decoded);
  }
  return std::make_unique<TableSync>(listed, std::move(cursor), std::move(known),
                                     planning.context.sink, planning.now);
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
  StoredReceipts receipts(context.state, logger);
  const Planning planning{.bucket = bucket,
                          .cursor = cursor,
                          .now = options.now,
                          .receipts = receipts,
                          .context = context,
                          .logger = logger};
  TableSyncs tables;
  for (const TableObjects* listed : selected) {
    if (listed->name == kReceiptsTable && !options.receipt.empty()) {
      return arrow::Status::Invalid(
          "keys under ", cq::Printable(listed->prefixes.front()), " make the table ",
          kReceiptsTable, ", which incremental.receipts needs for itself");
    }
    ARROW_ASSIGN_OR_RAISE(auto table, PlanTable(*listed, planning));
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

bool DeliveredAny(const TableSyncs& tables) {
  return std::ranges::any_of(
      tables, [](const auto& table) { return table->counts().delivered > 0; });
}

}  // namespace

arrow::Status RunSync(ObjectStore& store, const SyncOptions& options,
                      const cq::TableFilter& filter, const cq::SyncContext& context,
                      cq::Logger& logger) {
  const Timestamp started = options.now();
  PipelineOptions pipeline = options.pipeline;
  pipeline.read.budget = MemoryBudget::Make(pipeline.memory);
  // What the others refer to comes first.
  Catalog catalog;
  TableSyncs tables;
  TableRetries retries(store);
  EarlyReads early(store, pipeline.read,
                   {.at_once = options.early_reads,
                    .most_bytes = pipeline.memory.fetch_bytes / kEarlyShare});
  CertainWork certain(context.state, filter, store.bucket(), options.share);
  const auto begin_early = [&](const TableObjects& table) {
    const Object& object = table.objects.back();
    if (certain.Holds(table.name, object)) {
      early.Offer(object, /*urgent=*/table.objects.size() == 1);
    }
  };
  ARROW_ASSIGN_OR_RAISE(
      catalog, Discover(store, options.path_prefix, context.stop, logger, begin_early));
  ARROW_ASSIGN_OR_RAISE(const auto selected, SelectTables(catalog, filter));
  logger.Info("starting sync", {{"tables", static_cast<int64_t>(selected.size())}});
  ARROW_ASSIGN_OR_RAISE(tables, Plan(selected, store.bucket(), options, context, logger));
  retries.CountIn(tables);
  ARROW_RETURN_NOT_OK(
      Pipeline(store, context.sink, logger, pipeline).Run(tables, early, context.stop));
  ARROW_RETURN_NOT_OK(ReportFailures(tables, context.sink, logger));
  // A clock of ours that is fast must not hide what appeared while the listing ran.
  const auto fast = std::min(store.ClockOffset(), std::chrono::nanoseconds(0));
  const bool pending = !options.receipt.empty() && DeliveredAny(tables);
  if (pending) {
    ARROW_RETURN_NOT_OK(SendReceipt(tables, options.receipt,
                                    "s3://" + store.bucket() + "/" + options.path_prefix,
                                    context.sink));
  }
  ARROW_RETURN_NOT_OK(CommitTables(tables,
                                   {.bucket = store.bucket(),
                                    .share = options.share,
                                    .list_started = started + fast,
                                    .receipt = pending ? options.receipt : ""},
                                   context.state, logger));
  logger.Info("sync complete", {{"tables", static_cast<int64_t>(tables.size())},
                                {"retried_requests", store.retries()},
                                {"seconds", SecondsSince(started, options.now())}});
  return arrow::Status::OK();
}

}  // namespace s3source
