#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "cloudquery/schema/table.h"
#include "cloudquery/serve/source_plugin.h"
#include "cursor/table_cursor.h"
#include "sync/schema_state.h"

namespace s3source {

/// One table during a sync: its schema as announced, what was delivered, and whether it
/// failed. Thread-safe.
class TableSync {
 public:
  /// `cursor` and `known` come from the state. `listed` and `sink` outlive this.
  TableSync(const TableObjects& listed, TableCursor cursor,
            std::optional<KnownSchema> known, cq::SyncSink& sink);

  const std::string& name() const { return listed_.name; }
  const TableObjects& listed() const { return listed_; }
  /// The objects to deliver in this sync.
  const std::vector<Object>& work() const { return work_; }
  bool announced() const;

  /// Announces the schema known from the state, if there is one.
  arrow::Status AnnounceKnown();
  /// Makes the table's schema hold the rows of `object`; announces it when it is new or
  /// has changed. Invalid, naming both objects and the fields, when the two do not agree:
  /// the table then fails.
  arrow::Status AnnounceFor(const Object& object,
                            const std::shared_ptr<arrow::Schema>& file_schema);
  /// True when the source fills `_cq_id` and `_cq_parent_id` for this table. After it is
  /// announced.
  bool adds_ids() const;
  /// Sends rows in the columns of the announced table, which may allow more nulls than
  /// the rows' own schema.
  arrow::Status Insert(const arrow::RecordBatch& record);

  void AddRows(int64_t rows) { rows_ += rows; }
  void RecordDelivered(const Object& object);
  void RecordSkipped() { ++skipped_; }
  /// The cursor stays where it was: what was overwritten while the sync ran may be older
  /// by now than what was delivered, and must be found again.
  void HoldCursor() { hold_cursor_ = true; }
  /// Keeps the first error. `abandon`: no further object of this table is worth starting.
  void Fail(arrow::Status status, bool abandon);
  bool abandoned() const { return abandoned_; }
  arrow::Status failure() const;

  int64_t rows() const { return rows_; }
  int64_t delivered() const { return delivered_; }
  int64_t skipped() const { return skipped_; }

  /// Puts cursor and schema into `state`. For a table that did not fail, at the end of a
  /// clean sync.
  arrow::Status Commit(std::string_view bucket, cq::State& state) const;

 private:
  arrow::Status Announce(std::shared_ptr<arrow::Schema> schema);
  arrow::Result<std::shared_ptr<arrow::Schema>> Merge(
      const Object& object, const arrow::Schema& file_schema) const;

  const TableObjects& listed_;
  std::vector<Object> work_;
  cq::SyncSink& sink_;

  mutable std::shared_mutex
      announce_mutex_;  ///< exclusive: announcing; shared: inserting
  std::optional<KnownSchema> known_;
  const bool known_from_state_;
  std::shared_ptr<arrow::Schema> record_schema_;  ///< of the announced table
  bool announced_ = false;

  mutable std::mutex mutex_;
  TableCursor cursor_;
  arrow::Status failure_;
  std::atomic<bool> abandoned_ = false;
  std::atomic<bool> hold_cursor_ = false;
  std::atomic<int64_t> rows_ = 0;
  std::atomic<int64_t> delivered_ = 0;
  std::atomic<int64_t> skipped_ = 0;
};

}  // namespace s3source
