#pragma once

#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "cloudquery/schema/filter.h"
#include "cloudquery/state/state.h"
#include "cursor/delivered_value.h"
#include "store/object.h"

namespace s3source {

/// Tells while a listing goes on what a sync will have to deliver whatever comes after
/// it: the objects of tables that are asked for and of which the state knows nothing.
/// Not thread-safe.
class CertainWork {
 public:
  /// All but `share` outlive this.
  CertainWork(const cq::State& state, const cq::TableFilter& filter,
              std::string_view bucket, KeyShare share);

  bool Holds(const std::string& table, const Object& object);

 private:
  bool IsNew(const std::string& table) const;

  const cq::State& state_;
  const cq::TableFilter& filter_;
  const std::string_view bucket_;
  const KeyShare share_;
  /// Neighbours in a listing mostly have one table.
  std::string last_table_;
  bool last_is_new_ = false;
};

}  // namespace s3source
