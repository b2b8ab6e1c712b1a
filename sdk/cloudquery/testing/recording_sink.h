#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cloudquery/serve/source_plugin.h"

namespace cq::testing {

/// A SyncSink that keeps what it gets, in order, and holds the plugin to the contract: a
/// call that breaks it (rows before MigrateTable, a child before its parent, other
/// columns than announced, arrays that are not valid) fails with Invalid and is kept in
/// violations(). Safe to call from any thread.
class RecordingSink final : public SyncSink {
 public:
  enum class Kind { kMigrateTable, kInsert, kError };

  struct Message {
    Kind kind = Kind::kError;
    std::string table;
    Table definition;                           ///< of kMigrateTable
    std::shared_ptr<arrow::RecordBatch> batch;  ///< of kInsert
    std::string text;                           ///< of kError
  };

  arrow::Status MigrateTable(const Table& table) override;
  arrow::Status Insert(const std::string& table,
                       const arrow::RecordBatch& batch) override;
  arrow::Status Error(const std::string& table, const std::string& text) override;

  /// From now on `count` further calls succeed and the later ones fail as if the client
  /// were gone.
  void FailAfter(int64_t count);

  std::vector<Message> messages() const;
  std::vector<std::string> violations() const;

  /// The names of the announced tables, each once, in the order of their first
  /// announcement.
  std::vector<std::string> tables() const;
  /// The latest definition of an announced table; an empty one when there is none.
  Table definition(const std::string& table) const;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches(
      const std::string& table) const;
  int64_t rows(const std::string& table) const;
  int64_t rows() const;
  /// The texts of `table`'s error messages.
  std::vector<std::string> errors(const std::string& table) const;

 private:
  arrow::Status Keep(Message message, arrow::Status checked);

  mutable std::mutex mutex_;
  std::vector<Message> messages_;
  std::vector<std::string> violations_;
  std::map<std::string, std::shared_ptr<arrow::Schema>> schemas_;
  int64_t calls_left_ = INT64_MAX;
};

}  // namespace cq::testing
