#include "cloudquery/schema/table.h"

#include <arrow/type.h>

#include <set>
#include <string_view>

#include "cloudquery/log/printable.h"
#include "cloudquery/schema/extension_types.h"

namespace cq {
namespace {

arrow::Status ValidateColumns(const Table& table) {
  std::set<std::string_view> names;
  for (const auto& column : table.columns) {
    if (column.name.empty()) {
      return arrow::Status::Invalid("a column without a name in table ",
                                    Printable(table.name));
    }
    if (!names.insert(column.name).second) {
      return arrow::Status::Invalid(
          "found duplicate columns in plugin: duplicate column ", Printable(column.name),
          " in table ", Printable(table.name));
    }
  }
  return arrow::Status::OK();
}

}  // namespace

Column CqIdColumn(bool primary_key) {
  return {.name = kCqId,
          .type = Uuid(),
          .not_null = true,
          .primary_key = primary_key,
          .unique = true,
          .type_schema = {}};
}

Column CqParentIdColumn() {
  return {.name = kCqParentId, .type = Uuid(), .type_schema = {}};
}

arrow::Status ValidateTables(const Tables& tables) {
  std::set<std::string_view> names;
  for (const auto& table : tables) {
    if (table.name.empty()) return arrow::Status::Invalid("a table without a name");
    if (!names.insert(table.name).second) {
      return arrow::Status::Invalid("found duplicate tables in plugin: duplicate table ",
                                    Printable(table.name));
    }
  }
  for (const auto& table : tables) ARROW_RETURN_NOT_OK(ValidateColumns(table));
  return arrow::Status::OK();
}

}  // namespace cq
