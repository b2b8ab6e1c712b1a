#include "sync/certain_work.h"

#include "cursor/object_hash.h"
#include "cursor/table_cursor.h"

namespace s3source {

CertainWork::CertainWork(const cq::State& state, const cq::TableFilter& filter,
                         std::string_view bucket, KeyShare share)
    : state_(state), filter_(filter), bucket_(bucket), share_(share) {}

bool CertainWork::Holds(const std::string& table, const Object& object) {
  if (table != last_table_) {
    last_table_ = table;
    last_is_new_ = IsNew(table);
  }
  return last_is_new_ && (share_.whole() || share_.Covers(KeyHash(object.key)));
}

bool CertainWork::IsNew(const std::string& table) const {
  return cq::Selects(filter_, table) && state_.Keys(StatePrefix(bucket_, table)).empty();
}

}  // namespace s3source
