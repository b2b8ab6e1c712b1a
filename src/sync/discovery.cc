#include "sync/discovery.h"

#include <map>
#include <utility>

#include "cloudquery/log/printable.h"

namespace s3source {

namespace {

void WarnAboutKeys(const Catalog& catalog, const std::string& bucket,
                   const std::string& prefix, cq::Logger& logger) {
  for (const std::string& text : catalog.Collisions()) {
    logger.Warn("several prefixes fall on one table name",
                {{"bucket", bucket}, {"tables", text}});
  }
  for (const std::string& key : catalog.unnamed_keys()) {
    logger.Warn("no table name can be made of this key, skipping; rename the object",
                {{"bucket", bucket}, {"key", cq::Printable(key)}});
  }
  if (catalog.repeated_keys() > 0) {
    logger.Warn("the server lists keys more than once; the last of each is taken",
                {{"bucket", bucket}, {"repeated_keys", catalog.repeated_keys()}});
  }
  if (catalog.tables().empty()) {
    logger.Warn(
        "no Parquet object found, so there are no tables; check bucket and path_prefix",
        {{"bucket", bucket},
         {"path_prefix", cq::Printable(prefix)},
         {"listed_keys", catalog.listed_keys()}});
  }
}

}  // namespace

arrow::Result<Catalog> Discover(ObjectStore& store, const std::string& prefix,
                                std::stop_token stop, cq::Logger& logger,
                                const TableVisitor& listed) {
  Catalog catalog;
  ARROW_RETURN_NOT_OK(store.List(prefix, stop, [&](std::vector<Object> page) {
    catalog.Add(std::move(page), listed);
    return arrow::Status::OK();
  }));
  catalog.Finish();
  WarnAboutKeys(catalog, store.bucket(), prefix, logger);
  logger.Info("discovery complete",
              {{"bucket", store.bucket()},
               {"discovered_tables", static_cast<int64_t>(catalog.tables().size())},
               {"listed_keys", catalog.listed_keys()}});
  return catalog;
}

arrow::Result<std::vector<const TableObjects*>> SelectTables(
    const Catalog& catalog, const cq::TableFilter& filter) {
  std::vector<const TableObjects*> selected;
  if (catalog.tables().empty()) return selected;
  cq::Tables names;
  std::map<std::string_view, const TableObjects*> by_name;
  for (const TableObjects& table : catalog.tables()) {
    names.push_back(cq::Table{.name = table.name});
    by_name[table.name] = &table;
  }
  ARROW_ASSIGN_OR_RAISE(const cq::Tables kept, cq::FilterTables(names, filter));
  for (const cq::Table& table : kept) selected.push_back(by_name.at(table.name));
  return selected;
}

}  // namespace s3source
