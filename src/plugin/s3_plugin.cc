#include "plugin/s3_plugin.h"

#include <utility>

#include "plugin/test_connection.h"
#include "store/s3_options.h"
#include "sync/discovery.h"
#include "sync/sync_run.h"
#include "sync/table_schemas.h"

namespace s3source {

S3Plugin::S3Plugin(cq::Logger& logger, PluginOptions options)
    : logger_(logger), options_(std::move(options)) {}

std::optional<std::string> S3Plugin::spec_schema() const { return SpecJsonSchema(); }

arrow::Status S3Plugin::Init(const cq::InitRequest& request) {
  auto spec = ParseSpec(request.spec_json);
  if (!spec.ok())
    return spec.status().WithMessage("invalid spec: ", spec.status().message());
  spec_ = *std::move(spec);
  ARROW_ASSIGN_OR_RAISE(store_, options_.open_store(*spec_));
  return arrow::Status::OK();
}

arrow::Result<cq::Tables> S3Plugin::GetTables(const cq::TableFilter& filter,
                                              std::stop_token stop) {
  ARROW_ASSIGN_OR_RAISE(const Catalog catalog,
                        Discover(*store_, spec_->path_prefix, stop, logger_));
  ARROW_ASSIGN_OR_RAISE(const auto selected, SelectTables(catalog, filter));
  return ReadTableSchemas(*store_, selected, Plan().read, stop, logger_);
}

MemoryPlan S3Plugin::Plan() const {
  return PlanMemory(spec_->memory_limit.bytes, options_.available_bytes,
                    options_.decode_threads);
}

arrow::Status S3Plugin::Sync(const cq::SyncRequest& request, cq::SyncContext context) {
  SyncOptions options;
  options.path_prefix = spec_->path_prefix;
  options.lookback = spec_->lookback.value;
  options.pipeline.failures = {
      .fail_malformed = spec_->on_error == "fail",
      .max_skipped = spec_->max_errors > 0 ? spec_->max_errors : -1};
  if (request.shard.has_value()) {
    const auto [num, total] = *request.shard;
    if (num < 1 || num > total) {
      return arrow::Status::Invalid("shard ", num, "/", total,
                                    " does not exist; they are counted from 1");
    }
    options.share = {num, total};
  }
  if (spec_->receipts && options_.new_receipt != nullptr) {
    if (!context.state.enabled()) {
      return arrow::Status::Invalid(
          "incremental.receipts needs backend_options, which name the destination that "
          "keeps the receipts");
    }
    options.receipt = options_.new_receipt();
  }
  options.pipeline.rows_per_record = spec_->rows_per_record;
  const MemoryPlan plan = Plan();
  options.pipeline.decode_threads = plan.decode_threads;
  options.pipeline.memory = plan.limits;
  options.pipeline.read = plan.read;
  // So many that the store always has the next one.
  options.early_reads = 2 * ConnectionsFor(spec_->concurrency);
  logger_.Debug("memory planned", {{"limit_bytes", plan.limits.limit_bytes},
                                   {"available_bytes", options_.available_bytes},
                                   {"decode_threads", plan.decode_threads}});
  return RunSync(*store_, options, request.filter, context, logger_);
}

arrow::Result<cq::ConnectionTest> S3Plugin::TestConnection(const std::string& spec_json,
                                                           std::stop_token stop) {
  const auto spec = ParseSpec(spec_json);
  if (!spec.ok()) {
    return cq::ConnectionTest{.success = false,
                              .failure_code = "INVALID_SPEC",
                              .failure_description = spec.status().message()};
  }
  const auto store = options_.open_store(*spec);
  if (!store.ok()) {
    auto failed = FailedTest(store.status());
    if (store.status().IsInvalid()) failed.failure_code = "INVALID_SPEC";
    return failed;
  }
  return TestStore(**store, *spec, std::move(stop));
}

arrow::Status S3Plugin::Close() {
  store_.reset();
  spec_.reset();
  return arrow::Status::OK();
}

}  // namespace s3source
