#include "sync/table_retries.h"

#include "catalog/table_name.h"

namespace s3source {

TableRetries::TableRetries(ObjectStore& store, const TableSyncs& tables) : store_(store) {
  for (const auto& table : tables) tables_.emplace(table->name(), table.get());
  store_.ObserveRetries([this](const std::string& key) {
    const auto table = tables_.find(TableName(key));
    if (table != tables_.end()) table->second->RecordRetry();
  });
}

TableRetries::~TableRetries() { store_.ObserveRetries(nullptr); }

}  // namespace s3source
