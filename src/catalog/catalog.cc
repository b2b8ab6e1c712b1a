#include "catalog/catalog.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/table_name.h"
#include "cloudquery/log/printable.h"

namespace s3source {
namespace {

constexpr size_t kShownPrefixes = 5;
constexpr size_t kShownBytes = 200;
constexpr size_t kNoTable = static_cast<size_t>(-1);

bool IsParquet(std::string_view key) {
  constexpr std::string_view kExtension = ".parquet";
  if (key.size() < kExtension.size()) return false;
  return std::equal(kExtension.begin(), kExtension.end(), key.end() - kExtension.size(),
                    [](char wanted, char c) {
                      return c == wanted ||
                             (c >= 'A' && c <= 'Z' && c - 'A' + 'a' == wanted);
                    });
}

bool ByName(const TableObjects& left, const TableObjects& right) {
  return left.name < right.name;
}

bool ByKey(const Object& left, const Object& right) { return left.key < right.key; }

bool NotAscending(const Object& left, const Object& right) {
  return left.key >= right.key;
}

/// Sorts, and keeps the last one of each key. Returns how many went.
int64_t PutInOrder(std::vector<Object>& objects) {
  // Nearly always so.
  const auto end = objects.end();
  if (std::adjacent_find(objects.begin(), end, NotAscending) == end) return 0;
  std::stable_sort(objects.begin(), objects.end(), ByKey);
  auto kept = objects.begin();
  for (auto object = objects.begin(); object != objects.end(); ++object) {
    const auto next = std::next(object);
    if (next != objects.end() && next->key == object->key) continue;
    if (kept != object) *kept = std::move(*object);
    ++kept;
  }
  const auto repeated = std::distance(kept, objects.end());
  objects.erase(kept, objects.end());
  return repeated;
}

std::string DescribeCollision(const TableObjects& table) {
  std::string text =
      "table \"" + cq::Printable(table.name, kShownBytes) + "\" holds the objects of " +
      std::to_string(table.prefixes.size()) +
      " prefixes, whose names differ only in characters that table names lack: ";
  const size_t shown = std::min(table.prefixes.size(), kShownPrefixes);
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) text += ", ";
    text += '"' + cq::Printable(table.prefixes[i], kShownBytes) + '"';
  }
  if (shown < table.prefixes.size()) {
    text += " and " + std::to_string(table.prefixes.size() - shown) + " more";
  }
  return text + "; to keep them apart, rename one or choose one with path_prefix";
}

}  // namespace

void Catalog::Add(std::vector<Object> page, const TableVisitor& added) {
  for (Object& object : page) {
    if (object.size_bytes == 0 && object.key.ends_with('/')) continue;
    ++listed_keys_;
    if (!IsParquet(object.key)) continue;
    const size_t table = TableOf(object.key);
    if (table == kNoTable) {
      unnamed_keys_.push_back(std::move(object.key));
    } else {
      tables_[table].objects.push_back(std::move(object));
      if (added) added(tables_[table]);
    }
  }
}

size_t Catalog::TableOf(const std::string& key) {
  const std::string_view origin = TableOrigin(key);
  // No origin is empty.
  if (origin == last_origin_) return last_table_;
  last_origin_ = origin;
  const auto [known, is_new] = by_origin_.emplace(last_origin_, kNoTable);
  if (is_new) {
    std::string name = TableName(key);
    if (!name.empty()) {
      const auto [table, is_first] = by_name_.emplace(name, tables_.size());
      if (is_first) tables_.push_back({std::move(name), {}, {}});
      tables_[table->second].prefixes.push_back(last_origin_);
      known->second = table->second;
    }
  }
  last_table_ = known->second;
  return last_table_;
}

void Catalog::Finish() {
  std::sort(tables_.begin(), tables_.end(), ByName);
  for (TableObjects& table : tables_) {
    std::sort(table.prefixes.begin(), table.prefixes.end());
    repeated_keys_ += PutInOrder(table.objects);
  }
  std::sort(unnamed_keys_.begin(), unnamed_keys_.end());
  by_name_.clear();
  by_origin_.clear();
}

std::vector<std::string> Catalog::Collisions() const {
  std::vector<std::string> texts;
  for (const TableObjects& table : tables_) {
    if (table.prefixes.size() > 1) texts.push_back(DescribeCollision(table));
  }
  return texts;
}

}  // namespace s3source
