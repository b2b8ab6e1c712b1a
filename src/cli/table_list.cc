#include "cli/table_list.h"

#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/human.h"
#include "cloudquery/log/printable.h"

namespace s3source {

namespace {

std::string TypeName(const arrow::DataType& type) {
  if (type.id() != arrow::Type::EXTENSION) return type.ToString();
  return static_cast<const arrow::ExtensionType&>(type).extension_name();
}

std::string Describe(const cq::Column& column) {
  std::string text = TypeName(*column.type);
  if (column.not_null) text += ", not null";
  if (column.primary_key) text += ", primary key";
  return text;
}

}  // namespace

void PrintText(const std::vector<ListedTable>& tables, bool columns, std::ostream& out) {
  size_t width = 5;
  for (const ListedTable& table : tables) width = std::max(width, table.name.size());
  out << fmt::format("{:<{}}  {:>9}  {:>9}  {:>7}\n", "TABLE", width, "OBJECTS", "SIZE",
                     "COLUMNS");
  for (const ListedTable& table : tables) {
    const std::string count =
        table.columns.has_value() ? std::to_string(table.columns->size()) : "?";
    out << fmt::format("{:<{}}  {:>9}  {:>9}  {:>7}\n", table.name, width,
                       HumanNumber(table.objects), HumanBytes(table.bytes), count);
    if (!columns || !table.columns.has_value()) continue;
    for (const cq::Column& column : *table.columns) {
      out << fmt::format("    {:<28}  {}\n", cq::Printable(column.name),
                         Describe(column));
    }
  }
  out << std::flush;
}

void PrintJson(const std::vector<ListedTable>& tables, std::ostream& out) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const ListedTable& table : tables) {
    Json columns;
    if (table.columns.has_value()) {
      columns = Json::array();
      for (const cq::Column& column : *table.columns) {
        columns.push_back({{"name", cq::Printable(column.name)},
                           {"type", TypeName(*column.type)},
                           {"not_null", column.not_null},
                           {"primary_key", column.primary_key}});
      }
    }
    list.push_back({{"name", table.name},
                    {"objects", table.objects},
                    {"bytes", table.bytes},
                    {"columns", std::move(columns)}});
  }
  out << list.dump(2) << std::endl;
}

}  // namespace s3source
