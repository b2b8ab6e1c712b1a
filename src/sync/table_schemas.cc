#include "sync/table_schemas.h"

#include <deque>
#include <optional>
#include <utility>

#include "catalog/table_schema.h"
#include "cloudquery/log/printable.h"
#include "store/fault.h"

namespace s3source {

namespace {

constexpr size_t kFootersInFlight = 64;

arrow::Result<cq::Table> OpenTable(ObjectStore& store, const std::string& table,
                                   FetchedObject fetched, const ReadOptions& options,
                                   std::stop_token stop) {
  ARROW_ASSIGN_OR_RAISE(const auto reader, ObjectReader::Open(store, std::move(fetched),
                                                              options, std::move(stop)));
  return MakeTable(table, *reader->schema());
}

/// `first` is the fetch of the table's first object, already under way.
arrow::Result<std::optional<cq::Table>> FirstReadable(
    ObjectStore& store, const TableObjects& listed, arrow::Future<FetchedObject> first,
    const ReadOptions& options, std::stop_token stop, cq::Logger& logger) {
  for (size_t i = 0; i < listed.objects.size(); ++i) {
    auto future = i == 0 ? first : FetchObject(store, listed.objects[i], options, stop);
    arrow::Result<FetchedObject> fetched = future.MoveResult();
    arrow::Result<cq::Table> table =
        fetched.ok() ? OpenTable(store, listed.name, *std::move(fetched), options, stop)
                     : arrow::Result<cq::Table>(fetched.status());
    if (table.ok()) return std::optional<cq::Table>(*std::move(table));
    const FaultReach reach = ReachOf(ReasonOf(table.status()));
    if (reach == FaultReach::kFailSync || reach == FaultReach::kCancelled)
      return table.status();
    logger.Warn("unreadable object, passed over",
                {{"error", table.status().message()},
                 {"key", cq::Printable(listed.objects[i].key)},
                 {"table", listed.name}});
  }
  logger.Warn("no object of this table can be read, so its columns are not known",
              {{"table", listed.name}});
  return std::nullopt;
}

}  // namespace

arrow::Result<cq::Tables> ReadTableSchemas(ObjectStore& store,
                                           const std::vector<const TableObjects*>& tables,
                                           const ReadOptions& options,
                                           std::stop_token stop, cq::Logger& logger) {
  ReadOptions footers_only = options;
  footers_only.whole_object_bytes = options.footer_bytes;
  std::deque<arrow::Future<FetchedObject>> in_flight;
  cq::Tables schemas;
  size_t started = 0;
  for (const TableObjects* listed : tables) {
    while (started < tables.size() && in_flight.size() < kFootersInFlight) {
      in_flight.push_back(
          FetchObject(store, tables[started++]->objects.front(), footers_only, stop));
    }
    auto first = std::move(in_flight.front());
    in_flight.pop_front();
    ARROW_ASSIGN_OR_RAISE(auto table, FirstReadable(store, *listed, std::move(first),
                                                    footers_only, stop, logger));
    if (table.has_value()) schemas.push_back(*std::move(table));
  }
  return schemas;
}

}  // namespace s3source
