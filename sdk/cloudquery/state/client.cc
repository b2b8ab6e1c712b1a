#include "cloudquery/state/client.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cloudquery/state/backend.h"
#include "cloudquery/state/state_table.h"

namespace cq {
namespace {

class BackendState final : public State {
 public:
  BackendState(Backend backend, std::shared_ptr<arrow::Schema> schema)
      : backend_(std::move(backend)), schema_(std::move(schema)) {}

  arrow::Status Open() {
    ARROW_RETURN_NOT_OK(backend_.RequireVersion3());
    ARROW_RETURN_NOT_OK(backend_.Migrate(*schema_));
    return backend_.Read(*schema_, rows_);
  }

  bool enabled() const override { return true; }

  std::string Get(std::string_view key) const override {
    const auto found = rows_.find(key);
    return found == rows_.end() ? std::string() : found->second.value;
  }

  std::vector<std::string> Keys(std::string_view prefix) const override {
    return KeysIn(rows_, prefix, [](const StateRow& row) { return row.value; });
  }

  void Set(std::string_view key, std::string_view value) override {
    StateRow& row = rows_[std::string(key)];
    row.value = value;
    if (!row.changed) ++row.version;
    row.changed = true;
    changed_ = true;
  }

  arrow::Result<std::vector<std::string>> ReadTexts(const std::string& table,
                                                    const std::string& column) override {
    ARROW_ASSIGN_OR_RAISE(const auto batches,
                          backend_.ReadTable("reading a table of the destination",
                                             *TextSchema(table, column)));
    std::vector<std::string> texts;
    for (const auto& batch : batches) ARROW_RETURN_NOT_OK(AppendTexts(*batch, texts));
    return texts;
  }

  arrow::Status Flush() override {
    if (!changed_) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(const auto record, ChangedRecord(rows_, schema_));
    ARROW_RETURN_NOT_OK(backend_.Insert(*record));
    for (auto& [key, row] : rows_) row.changed = false;
    changed_ = false;
    return arrow::Status::OK();
  }

 private:
  Backend backend_;
  const std::shared_ptr<arrow::Schema> schema_;
  StateRows rows_;
  bool changed_ = false;
};

}  // namespace

void SleepFor(std::chrono::milliseconds duration, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, std::move(stop), duration, [] { return false; });
}

arrow::Result<std::unique_ptr<State>> ConnectState(const BackendOptions& options,
                                                   std::stop_token stop,
                                                   const Sleeper& sleep) {
  if (options.table_name.empty() && options.connection.empty()) {
    return std::make_unique<NoState>();
  }
  if (options.table_name.empty() || options.connection.empty()) {
    return arrow::Status::Invalid(
        "backend_options must contain both connection and table_name");
  }
  auto state = std::make_unique<BackendState>(Backend(options, std::move(stop), sleep),
                                              StateSchema(options.table_name));
  ARROW_RETURN_NOT_OK(state->Open());
  return state;
}

}  // namespace cq
