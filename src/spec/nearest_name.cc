#include "spec/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace s3source {
namespace {

// Bounds the work for names of any length; no field's name comes near.
constexpr size_t kLongestName = 40;
constexpr size_t kShortestInside = 5;

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

/// Levenshtein's distance: how many letters to insert, delete or replace.
size_t EditDistance(std::string_view from, std::string_view to) {
  std::vector<size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < from.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < to.size(); ++j) {
      const size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

bool IsInside(std::string_view inner, std::string_view outer) {
  return inner.size() >= kShortestInside && outer.find(inner) != std::string_view::npos;
}

}  // namespace

std::string_view NearestName(std::string_view name,
                             std::span<const std::string_view> known) {
  if (name.size() > kLongestName) return {};
  const std::string wanted = LowerCase(name);
  std::string_view nearest;
  size_t nearest_distance = 0;
  for (const std::string_view candidate : known) {
    const size_t distance = EditDistance(wanted, candidate);
    const bool is_near = distance <= std::max<size_t>(2, candidate.size() / 3) ||
                         IsInside(wanted, candidate) || IsInside(candidate, wanted);
    // Two letters of three make no word similar.
    if (!is_near || distance >= std::max(wanted.size(), candidate.size())) continue;
    if (nearest.empty() || distance < nearest_distance) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  return nearest;
}

}  // namespace s3source
