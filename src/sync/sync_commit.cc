#include "sync/sync_commit.h"

#include <arrow/status.h>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "cursor/pending_value.h"
#include "store/timestamp.h"

namespace s3source {

namespace {

/// The summary of a table.
void LogTable(const TableSync& table, int64_t owed, cq::Logger& logger) {
  const TableSync::Counts counts = table.counts();
  int64_t skipped = 0;
  std::string reasons;
  for (const auto& [reason, count] : counts.skipped) {
    skipped += count;
    reasons += (reasons.empty() ? "" : ", ") + std::string(NameOf(reason)) + " " +
               std::to_string(count);
  }
  logger.Info("table synced",
              {{"table", table.name()},
               {"listed", static_cast<int64_t>(table.listed().objects.size())},
               {"objects", counts.delivered},
               {"skipped", skipped},
               {"skipped_by_reason", reasons},
               {"owed", owed},
               {"rows", counts.rows},
               {"bytes", counts.bytes},
               {"retried_requests", counts.retries},
               {"seconds", std::chrono::duration<double>(counts.duration).count()}});
}

/// Sets a key to what it holds, so that it is stored together with others.
void SetAgain(const std::string& key, cq::State& state) {
  if (const std::string value = state.Get(key); !value.empty()) state.Set(key, value);
}

void SetCursor(const TableSync& table, const TableCursor::Update& update,
               const CommitOptions& options, cq::State& state) {
  const std::string plain = CursorKey(options.bucket, table.name());
  const std::string delivered = DeliveredKey(options.bucket, table.name(), options.share);
  if (!options.receipt.empty() && table.counts().delivered > 0) {
    SetAgain(plain, state);
    SetAgain(delivered, state);
    state.Set(PendingKey(options.bucket, table.name(), options.share),
              EncodePending({.receipt = options.receipt,
                             .plain = state.Get(plain),
                             .delivered = update.delivered}));
    return;
  }
  if (!update.plain.empty()) state.Set(plain, update.plain);
  state.Set(delivered, update.delivered);
}

arrow::Status CommitTable(const TableSync& table, const CommitOptions& options,
                          cq::State& state, cq::Logger& logger) {
  auto update = table.CursorUpdate(options.list_started);
  if (!update.ok()) {
    return update.status().WithMessage("table ", table.name(), ": ",
                                       update.status().message());
  }
  ARROW_ASSIGN_OR_RAISE(const auto schema, table.SchemaUpdate());
  if (schema) state.Set(SchemaKey(options.bucket, table.name()), *schema);
  LogTable(table, *update ? (*update)->owed : table.owed(), logger);
  if (!*update) return arrow::Status::OK();
  SetCursor(table, **update, options, state);
  if ((*update)->shortened_to) {
    logger.Warn(
        "the look-back window holds more objects than the state remembers, so it was "
        "shortened; an object that appears later with an older LastModified is not "
        "found",
        {{"table", table.name()},
         {"window_start", FormatTimestamp(*(*update)->shortened_to)}});
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Status ReportFailures(const TableSyncs& tables, cq::SyncSink& sink,
                             cq::Logger& logger) {
  std::string text;
  int64_t failed = 0;
  std::shared_ptr<arrow::StatusDetail> cause;  // of all, where it is one
  for (const auto& table : tables) {
    const arrow::Status failure = table->failure();
    if (failure.ok()) continue;
    const bool same = failed++ == 0 || (cause != nullptr && failure.detail() != nullptr &&
                                        *cause == *failure.detail());
    cause = same ? failure.detail() : nullptr;
    logger.Error("table failed",
                 {{"table", table->name()}, {"error", failure.message()}});
    ARROW_RETURN_NOT_OK(sink.Error(table->name(), failure.message()));
    text += (text.empty() ? "" : "; ") + failure.message();
  }
  if (failed == 0) return arrow::Status::OK();
  return arrow::Status::IOError(failed, " of ", tables.size(),
                                " tables failed; the rows of the others were sent, but "
                                "no cursor was moved, so the next sync sends them "
                                "again: ",
                                text)
      .WithDetail(std::move(cause));
}

arrow::Status CommitTables(const TableSyncs& tables, const CommitOptions& options,
                           cq::State& state, cq::Logger& logger) {
  for (const auto& table : tables) {
    ARROW_RETURN_NOT_OK(CommitTable(*table, options, state, logger));
  }
  const arrow::Status flushed = state.Flush();
  if (flushed.ok()) return flushed;
  return flushed.WithMessage(
      "all rows were sent, but the cursor could not be stored, so the next sync sends "
      "them again: ",
      flushed.message());
}

}  // namespace s3source
