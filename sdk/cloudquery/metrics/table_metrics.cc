#include "cloudquery/metrics/table_metrics.h"

namespace cq {

TableMetrics::Entry& TableMetrics::Touch(const std::string& table) {
  const Time now = now_();
  Entry& entry = entries_.try_emplace(table, Entry{.begin = now}).first->second;
  entry.last = now;
  return entry;
}

void TableMetrics::Begin(const std::string& table) {
  std::lock_guard lock(mutex_);
  Touch(table);
}

void TableMetrics::AddRows(const std::string& table, int64_t rows) {
  std::lock_guard lock(mutex_);
  Touch(table).rows += rows;
}

void TableMetrics::AddError(const std::string& table) {
  std::lock_guard lock(mutex_);
  ++Touch(table).errors;
}

std::vector<TableFigures> TableMetrics::Figures() const {
  std::lock_guard lock(mutex_);
  std::vector<TableFigures> figures;
  figures.reserve(entries_.size());
  for (const auto& [table, entry] : entries_) {
    figures.push_back({.table = table,
                       .rows = entry.rows,
                       .errors = entry.errors,
                       .duration = std::chrono::duration_cast<std::chrono::milliseconds>(
                           entry.last - entry.begin)});
  }
  return figures;
}

}  // namespace cq
