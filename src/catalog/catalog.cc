#include "catalog/catalog.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
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

template <typename T>
void AppendAll(std::vector<T>& from, std::vector<T>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()),
            std::make_move_iterator(from.end()));
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

void Catalog::Add(std::vector<Object> page) {
  std::map<std::string, TableObjects> grouped;
  for (Object& object : page) {
    if (object.size_bytes == 0 && object.key.ends_with('/')) continue;
    ++listed_keys_;
    if (!IsParquet(object.key)) continue;

    std::string origin(TableOrigin(object.key));
    auto known = names_.find(origin);
    const bool is_new = known == names_.end();
    if (is_new) known = names_.emplace(origin, TableName(object.key)).first;
    const std::string& name = known->second;
    if (name.empty()) {
      unnamed_keys_.push_back(std::move(object.key));
      continue;
    }
    TableObjects& table = grouped[name];
    if (is_new) table.prefixes.push_back(std::move(origin));
    table.objects.push_back(std::move(object));
  }

  std::vector<TableObjects> tables;
  tables.reserve(grouped.size());
  for (auto& [name, table] : grouped) {
    table.name = name;
    tables.push_back(std::move(table));
  }
  Merge(std::move(tables));
}

void Catalog::Merge(std::vector<TableObjects> page) {
  std::vector<TableObjects> added;
  for (TableObjects& table : page) {
    const auto known = std::lower_bound(tables_.begin(), tables_.end(), table, ByName);
    if (known == tables_.end() || known->name != table.name) {
      added.push_back(std::move(table));
      continue;
    }
    AppendAll(table.prefixes, known->prefixes);
    AppendAll(table.objects, known->objects);
  }
  if (added.empty()) return;
  // Listings come in order, so that new tables mostly belong at the end: what lies before
  // the first of them stays untouched.
  const auto first =
      std::lower_bound(tables_.begin(), tables_.end(), added.front(), ByName);
  const auto begin = first - tables_.begin();
  const auto middle = static_cast<std::ptrdiff_t>(tables_.size());
  AppendAll(added, tables_);
  std::inplace_merge(tables_.begin() + begin, tables_.begin() + middle, tables_.end(),
                     ByName);
}

std::vector<std::string> Catalog::Collisions() const {
  std::vector<std::string> texts;
  for (const TableObjects& table : tables_) {
    if (table.prefixes.size() > 1) texts.push_back(DescribeCollision(table));
  }
  return texts;
}

}  // namespace s3source
