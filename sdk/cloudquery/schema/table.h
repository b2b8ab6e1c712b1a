#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

namespace cq {

/// A column of a CloudQuery table. The flags become field metadata (cq:extension:*).
struct Column {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  bool not_null = false;
  bool primary_key = false;
  bool unique = false;
  bool incremental_key = false;
  bool primary_key_component = false;
  std::string type_schema;  ///< JSON text that describes a json column, or empty
};

/// A CloudQuery table. A child table names its parent; lists of tables are flat, parents
/// first.
struct Table {
  std::string name;
  std::string title;
  std::string description;
  std::string pk_constraint_name;
  std::string parent;  ///< empty: no parent
  bool is_incremental =
      false;  ///< true keeps the CLI from deleting rows of earlier syncs
  bool is_paid = false;
  std::vector<std::string> permissions_needed;
  std::vector<std::string> sensitive_columns;
  std::vector<Column> columns;
};

using Tables = std::vector<Table>;

/// The columns that CloudQuery puts in front of a source's own.
/// `_cq_id`: uuid, NOT NULL, unique. `_cq_parent_id`: uuid, nullable.
Column CqIdColumn(bool primary_key);
Column CqParentIdColumn();

inline constexpr char kCqId[] = "_cq_id";
inline constexpr char kCqParentId[] = "_cq_parent_id";
inline constexpr char kCqSyncTime[] = "_cq_sync_time";
inline constexpr char kCqSourceName[] = "_cq_source_name";
inline constexpr char kCqSyncGroupId[] = "_cq_sync_group_id";

/// The Arrow schema that carries `table` over the wire: the same for MigrateTable,
/// GetTables and every record. All cq:* keys are written as the Go SDK writes them.
std::shared_ptr<arrow::Schema> ToArrowSchema(const Table& table);

/// The reverse. A field that carries an extension's metadata, at any depth, gets the
/// extension type of extension_types.h. Invalid when the schema has no cq:table_name or a
/// field's storage is not that of its extension.
arrow::Result<Table> FromArrowSchema(const arrow::Schema& schema);

/// Invalid when two tables share a name, a table's two columns share one, or a name is
/// empty. The texts about duplicates are those of the Go SDK.
arrow::Status ValidateTables(const Tables& tables);

}  // namespace cq
