#include "read/column_names.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>

#include "cloudquery/log/printable.h"
#include "cloudquery/schema/table.h"

namespace s3source {

namespace {

std::string Folded(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

bool IsReserved(std::string_view name, bool file_has_id) {
  const std::string folded = Folded(name);
  if (folded == cq::kCqId) return name != cq::kCqId;
  if (folded == cq::kCqParentId) return !file_has_id;
  return folded == cq::kCqSyncTime || folded == cq::kCqSourceName ||
         folded == cq::kCqSyncGroupId;
}

}  // namespace

std::vector<std::string> FinalColumnNames(const std::vector<std::string>& names) {
  const bool file_has_id =
      std::find(names.begin(), names.end(), cq::kCqId) != names.end();
  std::vector<std::string> finals;
  finals.reserve(names.size());
  std::set<std::string> wanted;
  for (size_t i = 0; i < names.size(); ++i) {
    std::string name = names[i].empty()
                           ? "column_" + std::to_string(i + 1)
                           : cq::Printable(names[i], std::numeric_limits<size_t>::max());
    if (IsReserved(name, file_has_id)) name.insert(0, "original");
    wanted.insert(Folded(name));
    finals.push_back(std::move(name));
  }

  std::set<std::string> taken;
  for (std::string& name : finals) {
    if (taken.insert(Folded(name)).second) continue;
    const std::string base = name;
    for (int n = 2;; ++n) {
      name = base + "_" + std::to_string(n);
      if (!wanted.contains(Folded(name)) && taken.insert(Folded(name)).second) break;
    }
  }
  return finals;
}

}  // namespace s3source
