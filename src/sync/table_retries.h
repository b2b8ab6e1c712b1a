#pragma once

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
  /// Both outlive this.
  TableRetries(ObjectStore& store, const TableSyncs& tables);
  ~TableRetries();
  TableRetries(const TableRetries&) = delete;
  TableRetries& operator=(const TableRetries&) = delete;

 private:
  ObjectStore& store_;
  std::unordered_map<std::string, TableSync*> tables_;  ///< by name
};

}  // namespace s3source
