#include "cloudquery/state/state.h"

#include <functional>
#include <string>
#include <string_view>

namespace cq {

std::string MemoryState::Get(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::string() : found->second;
}

std::vector<std::string> MemoryState::Keys(std::string_view prefix) const {
  return KeysIn(values_, prefix, std::identity());
}

void MemoryState::Set(std::string_view key, std::string_view value) {
  values_.insert_or_assign(std::string(key), std::string(value));
}

arrow::Status MemoryState::Flush() {
  flushed_ = values_;
  return arrow::Status::OK();
}

}  // namespace cq
