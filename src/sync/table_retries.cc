#include "sync/table_retries.h"

#include "catalog/table_name.h"

namespace s3source {

TableRetries::TableRetries(ObjectStore& store) : store_(store) {
  store_.ObserveRetries([this](const std::string& key) {
    const std::string name = TableName(key);
    const std::lock_guard lock(mutex_);
    const auto table = tables_.find(name);
    if (table != tables_.end()) {
      table->second->RecordRetries(1);
    } else {
      ++before_[name];
    }
  });
}

TableRetries::~TableRetries() { store_.ObserveRetries(nullptr); }

void TableRetries::CountIn(const TableSyncs& tables) {
  const std::lock_guard lock(mutex_);
  for (const auto& table : tables) {
    tables_.emplace(table->name(), table.get());
    const auto before = before_.find(table->name());
    if (before != before_.end()) table->RecordRetries(before->second);
  }
  before_.clear();
}

}  // namespace s3source
