#include "sync/object_failures.h"

#include <string>

#include "cloudquery/log/printable.h"
#include "store/fault.h"

namespace s3source {

namespace {

std::string SkipMessage(FaultReason reason) {
  switch (reason) {
    case FaultReason::kGone:
      return "object deleted between list and read, skipping";
    case FaultReason::kChanged:
      return "object overwritten while it was read, skipping until the next sync";
    case FaultReason::kMalformed:
      return "malformed parquet file, skipping";
    case FaultReason::kArchived:
      return "archived object, skipping";
    default:
      return "unreadable object, skipping";
  }
}

}  // namespace

ObjectFailures::ObjectFailures(cq::SyncSink& sink, cq::Logger& logger,
                               FailurePolicy policy)
    : sink_(sink), logger_(logger), policy_(policy) {}

arrow::Status ObjectFailures::Handle(const Task& task, const arrow::Status& status) {
  if (!HasFault(status) && !status.IsCapacityError()) return status;
  const FaultReason reason = ReasonOf(status);
  if (reason == FaultReason::kMalformed && policy_.fail_malformed) {
    task.table->Fail(status, /*abandon=*/false);
    return arrow::Status::OK();
  }
  return ReachOf(reason) == FaultReach::kSkipObject ? Skip(task, status) : status;
}

arrow::Status ObjectFailures::Skip(const Task& task, const arrow::Status& status) {
  const FaultReason reason = ReasonOf(status);
  task.table->RecordSkipped(status);
  std::string text = status.message();
  if (task.rows_sent > 0) {
    text += "; " + std::to_string(task.rows_sent) +
            " of its rows were sent before that and stay with the destination";
  }
  logger_.Warn(SkipMessage(reason), {{"error", text},
                                     {"key", cq::Printable(task.object.key)},
                                     {"table", task.table->name()},
                                     {"rows_sent", task.rows_sent}});
  ARROW_RETURN_NOT_OK(sink_.Error(task.table->name(), text));
  // What was deleted is no error of the object.
  if (reason == FaultReason::kGone || policy_.max_skipped < 0) return arrow::Status::OK();
  if (++skipped_ <= policy_.max_skipped) return arrow::Status::OK();
  return arrow::Status::IOError(
      "more than max_errors (", policy_.max_skipped,
      ") objects had to be skipped, so the sync was ended; the last one: ", text);
}

}  // namespace s3source
