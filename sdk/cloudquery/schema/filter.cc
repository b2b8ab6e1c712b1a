#include "cloudquery/schema/filter.h"

#include <arrow/status.h>

#include <algorithm>
#include <map>

#include "cloudquery/log/printable.h"

namespace cq {
namespace {

bool MatchesAny(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return MatchesGlob(pattern, name);
  });
}

arrow::Status CheckPatterns(const char* list, const std::vector<std::string>& patterns,
                            const Tables& all) {
  for (const auto& pattern : patterns) {
    const bool matched = std::any_of(all.begin(), all.end(), [&](const Table& table) {
      return MatchesGlob(pattern, table.name);
    });
    if (!matched) {
      return arrow::Status::Invalid(list, " include a pattern ", Printable(pattern),
                                    " with no matches");
    }
  }
  return arrow::Status::OK();
}

// The walk over the tree of tables. `kept` is by position in the flat list.
class Selection {
 public:
  Selection(const Tables& all, const TableFilter& filter)
      : all_(all), filter_(filter), children_(all.size()), kept_(all.size(), false) {
    std::map<std::string_view, size_t> by_name;
    for (size_t i = 0; i < all.size(); ++i) {
      const auto parent =
          all[i].parent.empty() ? by_name.end() : by_name.find(all[i].parent);
      if (parent == by_name.end()) {
        roots_.push_back(i);
      } else {
        children_[parent->second].push_back(i);
      }
      by_name.emplace(all[i].name, i);
    }
    for (const size_t root : roots_) Visit(root, false);
  }

  Tables Take() const {
    Tables taken;
    for (size_t i = 0; i < all_.size(); ++i) {
      if (kept_[i]) taken.push_back(all_[i]);
    }
    return taken;
  }

 private:
  bool Visit(size_t index, bool parent_matched) {
    const auto& name = all_[index].name;
    if (MatchesAny(filter_.skip_tables, name)) return false;
    bool matched = (parent_matched && !filter_.skip_dependent_tables) ||
                   MatchesAny(filter_.tables, name);
    for (const size_t child : children_[index]) {
      // A parent that stays for one child counts as matched for the next, as in the Go
      // SDK.
      if (Visit(child, matched)) matched = true;
    }
    kept_[index] = matched;
    return matched;
  }

  const Tables& all_;
  const TableFilter& filter_;
  std::vector<size_t> roots_;
  std::vector<std::vector<size_t>> children_;
  std::vector<bool> kept_;
};

}  // namespace

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  const size_t first_star = pattern.find('*');
  if (first_star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, first_star))) return false;
  text.remove_prefix(first_star);
  pattern.remove_prefix(first_star + 1);
  for (size_t star = pattern.find('*'); star != std::string_view::npos;
       star = pattern.find('*')) {
    const std::string_view part = pattern.substr(0, star);
    const size_t found = text.find(part);
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + part.size());
    pattern.remove_prefix(star + 1);
  }
  return text.ends_with(pattern);
}

bool Selects(const TableFilter& filter, std::string_view name) {
  return MatchesAny(filter.tables, name) && !MatchesAny(filter.skip_tables, name);
}

arrow::Result<Tables> FilterTables(const Tables& all, const TableFilter& filter) {
  ARROW_RETURN_NOT_OK(CheckPatterns("tables", filter.tables, all));
  ARROW_RETURN_NOT_OK(CheckPatterns("skip_tables", filter.skip_tables, all));
  return Selection(all, filter).Take();
}

}  // namespace cq
