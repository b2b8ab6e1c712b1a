#include "cloudquery/state/state.h"

#include <functional>
#include <string>
#include <string_view>

namespace cq {

namespace {

arrow::Status NoTable(const std::string& table) {
  return arrow::Status::NotImplemented("no destination to read the table ", table,
                                       " from");
}

}  // namespace

arrow::Result<std::vector<std::string>> NoState::ReadTexts(const std::string& table,
                                                           const std::string&) {
  return NoTable(table);
}

arrow::Result<std::vector<std::string>> MemoryState::ReadTexts(const std::string& table,
                                                               const std::string&) {
  const auto found = texts.find(table);
  if (found == texts.end()) return NoTable(table);
  return found->second;
}

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
