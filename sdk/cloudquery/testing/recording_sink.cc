#include "cloudquery/testing/recording_sink.h"

#include <arrow/array.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

namespace cq::testing {
namespace {

arrow::Status CheckColumns(const arrow::Schema& announced,
                           const arrow::RecordBatch& batch) {
  if (!batch.schema()->Equals(announced, /*check_metadata=*/false)) {
    return arrow::Status::Invalid("rows with the columns\n", batch.schema()->ToString(),
                                  "\ninstead of the announced columns\n",
                                  announced.ToString());
  }
  for (int i = 0; i < batch.num_columns(); ++i) {
    if (!announced.field(i)->nullable() && batch.column(i)->null_count() > 0) {
      return arrow::Status::Invalid("column ", announced.field(i)->name(),
                                    " is NOT NULL and has nulls");
    }
  }
  return batch.ValidateFull();
}

}  // namespace

arrow::Status RecordingSink::Keep(Message message, arrow::Status checked) {
  if (calls_left_ <= 0) return arrow::Status::Cancelled("the client is gone");
  --calls_left_;
  if (!checked.ok()) {
    checked = checked.WithMessage("table ", message.table, ": ", checked.message());
    violations_.push_back(checked.message());
    return checked;
  }
  messages_.push_back(std::move(message));
  return arrow::Status::OK();
}

arrow::Status RecordingSink::MigrateTable(const Table& table) {
  std::lock_guard lock(mutex_);
  arrow::Status checked = ValidateTables({table});
  if (!table.parent.empty() && !schemas_.contains(table.parent)) {
    checked = arrow::Status::Invalid("announced before its parent ", table.parent);
  }
  if (checked.ok()) schemas_[table.name] = ToArrowSchema(table);
  return Keep({.kind = Kind::kMigrateTable, .table = table.name, .definition = table},
              checked);
}

arrow::Status RecordingSink::Insert(const std::string& table,
                                    const arrow::RecordBatch& batch) {
  std::lock_guard lock(mutex_);
  const auto found = schemas_.find(table);
  auto checked = found == schemas_.end()
                     ? arrow::Status::Invalid("rows before MigrateTable")
                     : CheckColumns(*found->second, batch);
  return Keep({.kind = Kind::kInsert, .table = table, .batch = batch.Slice(0)}, checked);
}

arrow::Status RecordingSink::Error(const std::string& table, const std::string& text) {
  std::lock_guard lock(mutex_);
  return Keep({.kind = Kind::kError, .table = table, .text = text}, arrow::Status::OK());
}

void RecordingSink::FailAfter(int64_t count) {
  std::lock_guard lock(mutex_);
  calls_left_ = count;
}

std::vector<RecordingSink::Message> RecordingSink::messages() const {
  std::lock_guard lock(mutex_);
  return messages_;
}

std::vector<std::string> RecordingSink::violations() const {
  std::lock_guard lock(mutex_);
  return violations_;
}

std::vector<std::string> RecordingSink::tables() const {
  std::vector<std::string> names;
  for (const auto& message : messages()) {
    const bool known =
        std::find(names.begin(), names.end(), message.table) != names.end();
    if (message.kind == Kind::kMigrateTable && !known) names.push_back(message.table);
  }
  return names;
}

Table RecordingSink::definition(const std::string& table) const {
  Table latest;
  for (auto& message : messages()) {
    if (message.kind == Kind::kMigrateTable && message.table == table) {
      latest = std::move(message.definition);
    }
  }
  return latest;
}

std::vector<std::shared_ptr<arrow::RecordBatch>> RecordingSink::batches(
    const std::string& table) const {
  std::vector<std::shared_ptr<arrow::RecordBatch>> found;
  for (const auto& message : messages()) {
    if (message.kind == Kind::kInsert && message.table == table)
      found.push_back(message.batch);
  }
  return found;
}

int64_t RecordingSink::rows(const std::string& table) const {
  int64_t sum = 0;
  for (const auto& batch : batches(table)) sum += batch->num_rows();
  return sum;
}

int64_t RecordingSink::rows() const {
  int64_t sum = 0;
  for (const auto& message : messages()) {
    if (message.kind == Kind::kInsert) sum += message.batch->num_rows();
  }
  return sum;
}

std::vector<std::string> RecordingSink::errors(const std::string& table) const {
  std::vector<std::string> texts;
  for (const auto& message : messages()) {
    if (message.kind == Kind::kError && message.table == table)
      texts.push_back(message.text);
  }
  return texts;
}

}  // namespace cq::testing
