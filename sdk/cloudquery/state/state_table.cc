#include "cloudquery/state/state_table.h"

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <string_view>
#include <utility>
#include <vector>

#include "cloudquery/schema/table.h"

namespace cq {
namespace {

arrow::Status Unexpected(const arrow::Array& column, std::string_view what) {
  return arrow::Status::Invalid("the state table's ", what, " column has the type ",
                                column.type()->ToString(),
                                ": it was not written by a CloudQuery plugin");
}

/// The text of row `i`, "" for NULL.
arrow::Result<std::string> TextAt(const arrow::Array& column, int64_t i,
                                  std::string_view what) {
  if (column.IsNull(i)) return std::string();
  switch (column.type_id()) {
    case arrow::Type::STRING:
      return std::string(static_cast<const arrow::StringArray&>(column).GetView(i));
    case arrow::Type::LARGE_STRING:
      return std::string(static_cast<const arrow::LargeStringArray&>(column).GetView(i));
    default:
      return Unexpected(column, what);
  }
}

arrow::Result<uint64_t> VersionAt(const arrow::Array& column, int64_t i) {
  if (column.IsNull(i)) return 0;
  switch (column.type_id()) {
    case arrow::Type::UINT64:
      return static_cast<const arrow::UInt64Array&>(column).Value(i);
    case arrow::Type::INT64:
      return static_cast<uint64_t>(
          static_cast<const arrow::Int64Array&>(column).Value(i));
    default:
      return Unexpected(column, "version");
  }
}

}  // namespace

std::shared_ptr<arrow::Schema> StateSchema(const std::string& table_name) {
  // The version is no key on purpose: a destination with keys then keeps one row per key.
  return ToArrowSchema(
      {.name = table_name,
       .columns = {{.name = "key", .type = arrow::utf8(), .primary_key = true},
                   {.name = "value", .type = arrow::utf8()},
                   {.name = "version", .type = arrow::uint64()}}});
}

std::shared_ptr<arrow::Schema> TextSchema(const std::string& table_name,
                                          const std::string& column) {
  return ToArrowSchema(
      {.name = table_name, .columns = {{.name = column, .type = arrow::utf8()}}});
}

arrow::Status AppendTexts(const arrow::RecordBatch& record,
                          std::vector<std::string>& texts) {
  ARROW_RETURN_NOT_OK(record.Validate());
  if (record.num_columns() < 1) {
    return arrow::Status::Invalid("a record without columns was read");
  }
  const auto& column = *record.column(0);
  for (int64_t i = 0; i < record.num_rows(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto text,
                          TextAt(column, i, record.schema()->field(0)->name()));
    texts.push_back(std::move(text));
  }
  return arrow::Status::OK();
}

arrow::Status MergeRecord(const arrow::RecordBatch& record, StateRows& rows) {
  ARROW_RETURN_NOT_OK(record.Validate());
  if (record.num_columns() < 2) {
    return arrow::Status::Invalid("the state table has ", record.num_columns(),
                                  " columns instead of key, value and version");
  }
  const auto& keys = *record.column(0);
  const auto& values = *record.column(1);
  const bool versioned = record.num_columns() > 2;
  for (int64_t i = 0; i < record.num_rows(); ++i) {
    if (keys.IsNull(i)) continue;
    ARROW_ASSIGN_OR_RAISE(std::string key, TextAt(keys, i, "key"));
    ARROW_ASSIGN_OR_RAISE(std::string value, TextAt(values, i, "value"));
    uint64_t version = 0;
    if (versioned) {
      ARROW_ASSIGN_OR_RAISE(version, VersionAt(*record.column(2), i));
    }
    StateRow& row = rows[std::move(key)];
    if (version >= row.version) row = {.value = std::move(value), .version = version};
  }
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ChangedRecord(
    const StateRows& rows, std::shared_ptr<arrow::Schema> schema) {
  arrow::StringBuilder keys;
  arrow::StringBuilder values;
  arrow::UInt64Builder versions;
  for (const auto& [key, row] : rows) {
    if (!row.changed) continue;
    ARROW_RETURN_NOT_OK(keys.Append(key));
    ARROW_RETURN_NOT_OK(values.Append(row.value));
    ARROW_RETURN_NOT_OK(versions.Append(row.version));
  }
  const int64_t count = keys.length();
  std::vector<std::shared_ptr<arrow::Array>> columns(3);
  ARROW_RETURN_NOT_OK(keys.Finish(&columns[0]));
  ARROW_RETURN_NOT_OK(values.Finish(&columns[1]));
  ARROW_RETURN_NOT_OK(versions.Finish(&columns[2]));
  return arrow::RecordBatch::Make(std::move(schema), count, std::move(columns));
}

}  // namespace cq
