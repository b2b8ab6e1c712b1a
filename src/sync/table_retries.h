#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "store/object_store.h"
#include "sync/sync_commit.h"

namespace s3source {

/// As long as it lives, counts the reads that have to be sent again where they belong: in
/// the tables of their objects. Of two syncs of one store at the same time, the one that
/// began last counts.
class TableRetries {
 public:
  /// `store` outlives this.
  explicit TableRetries(ObjectStore& store);
  ~TableRetries();
  TableRetries(const TableRetries&) = delete;
  TableRetries& operator=(const TableRetries&) = delete;

  /// In these tables, which outlive this, also what was counted before.
  void CountIn(const TableSyncs& tables);

 private:
  ObjectStore& store_;
  std::mutex mutex_;
  std::unordered_map<std::string, TableSync*> tables_;  ///< by name
  std::unordered_map<std::string, int64_t> before_;     ///< by table, without CountIn
};

}  // namespace s3source
