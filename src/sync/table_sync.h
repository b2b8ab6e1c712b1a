#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
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
#include "store/fault.h"
#include "store/timestamp.h"
#include "sync/schema_state.h"

namespace s3source {

/// One table during a sync: its schema as announced, what was delivered, and whether it
/// failed. Thread-safe.
class TableSync {
 public:
  using Clock = std::function<Timestamp()>;

  /// `cursor` and `known` come from the state. `listed` and `sink` outlive this.
  TableSync(const TableObjects& listed, TableCursor cursor,
            std::optional<KnownSchema> known, cq::SyncSink& sink, Clock now);

  const std::string& name() const { return listed_.name; }
  const TableObjects& listed() const { return listed_; }
  /// The objects to deliver in this sync.
  const std::vector<Object>& work() const { return work_.objects; }
  /// How many of them an earlier sync could not deliver.
  int64_t owed() const { return work_.owed; }
  bool announced() const;

  /// One of its objects is about to be fetched.
  void Begin();
  /// Announces the schema known from the state, if there is one.
  arrow::Status AnnounceKnown();
  /// Announces the table as it was announced last, if it was.
  arrow::Status AnnounceAgain();
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

  void RecordRows(int64_t rows) { rows_ += rows; }
  /// Reads of its objects had to be sent again.
  void RecordRetries(int64_t count) { retries_ += count; }
  /// In this version, which may be newer than the listed one.
  void RecordDelivered(const Object& object);
  /// An object was left out because of `fault`; it stays owed.
  void RecordSkipped(const arrow::Status& fault);
  /// Keeps the first error. `abandon`: no further object of this table is worth starting.
  void Fail(arrow::Status status, bool abandon);
  bool abandoned() const { return abandoned_; }
  /// Also when not one object could be read and one of them was denied: then the
  /// credentials are at fault, not the objects.
  arrow::Status failure() const;

  struct Counts {
    int64_t rows = 0;                        ///< sent
    int64_t delivered = 0;                   ///< objects
    int64_t bytes = 0;                       ///< of them
    int64_t retries = 0;                     ///< reads that were sent again
    std::map<FaultReason, int64_t> skipped;  ///< objects
    /// From the first fetch, or the end of a listing that it did not wait for, to the
    /// last object.
    std::chrono::nanoseconds duration{0};
  };
  Counts counts() const;

  /// What is to be stored of the cursor; null when nothing has changed.
  arrow::Result<std::optional<TableCursor::Update>> CursorUpdate(
      Timestamp list_started) const;
  /// The schema's state value; null when it is stored already, or there is none.
  arrow::Result<std::optional<std::string>> SchemaUpdate() const;

 private:
  /// With mutex_ held: an object has come to its end.
  void NoteEnd();
  arrow::Status Announce(std::shared_ptr<arrow::Schema> schema);
  arrow::Result<std::shared_ptr<arrow::Schema>> Merge(
      const Object& object, const arrow::Schema& file_schema) const;

  const TableObjects& listed_;
  TableCursor::Work work_;
  cq::SyncSink& sink_;
  const Clock now_;

  mutable std::shared_mutex
      announce_mutex_;  ///< exclusive: announcing; shared: inserting
  std::optional<KnownSchema> known_;
  const std::shared_ptr<arrow::Schema> schema_from_state_;
  std::shared_ptr<arrow::Schema> record_schema_;  ///< of the announced table
  bool announced_ = false;

  mutable std::mutex mutex_;
  TableCursor cursor_;
  arrow::Status failure_;
  arrow::Status denied_;  ///< the first fault of that reason
  std::atomic<bool> abandoned_ = false;
  std::atomic<int64_t> rows_ = 0;
  std::atomic<int64_t> retries_ = 0;
  std::optional<Timestamp> begun_;
  Counts counts_;  ///< but for rows and retries
};

}  // namespace s3source
