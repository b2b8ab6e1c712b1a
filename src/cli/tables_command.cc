#include "cli/tables_command.h"

#include <map>
#include <utility>
#include <vector>

#include "cli/table_list.h"
#include "cloudquery/serve/guarded.h"
#include "sync/discovery.h"
#include "sync/table_schemas.h"

namespace s3source {

namespace {

arrow::Result<std::vector<ListedTable>> ListTables(ObjectStore& store, const Spec& spec,
                                                   const cq::TableFilter& filter,
                                                   const CommandContext& context) {
  ARROW_ASSIGN_OR_RAISE(const Catalog catalog,
                        Discover(store, spec.path_prefix, context.stop, context.logger));
  ARROW_ASSIGN_OR_RAISE(const auto selected, SelectTables(catalog, filter));
  ARROW_ASSIGN_OR_RAISE(
      cq::Tables schemas,
      ReadTableSchemas(store, selected, ReadOptions{}, context.stop, context.logger));
  std::map<std::string, std::vector<cq::Column>> columns;
  for (cq::Table& table : schemas) columns[table.name] = std::move(table.columns);

  std::vector<ListedTable> tables;
  for (const TableObjects* table : selected) {
    ListedTable listed{.name = table->name};
    listed.objects = static_cast<int64_t>(table->objects.size());
    for (const Object& object : table->objects) listed.bytes += object.size_bytes;
    const auto known = columns.find(table->name);
    if (known != columns.end()) listed.columns = std::move(known->second);
    tables.push_back(std::move(listed));
  }
  return tables;
}

}  // namespace

ExitCode RunTables(const TablesArguments& arguments, const CommandContext& context) {
  const auto config = LoadConfigOrPrint(arguments.config, arguments.source, context);
  if (!config.has_value()) return kExitUsage;
  const auto spec = ParseSpec(config->spec_json);
  if (!spec.ok()) return FailSpec(spec.status(), *config, context);
  const auto tables = cq::Guarded([&]() -> arrow::Result<std::vector<ListedTable>> {
    ARROW_ASSIGN_OR_RAISE(const auto store, context.open_store(*spec, context.logger));
    return ListTables(*store, *spec, config->filter, context);
  });
  if (!tables.ok()) return Fail(tables.status(), context);
  if (arguments.format == "json") {
    PrintJson(*tables, context.out);
  } else {
    PrintText(*tables, arguments.columns, context.out);
  }
  return kExitOk;
}

}  // namespace s3source
