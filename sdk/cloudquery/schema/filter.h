#pragma once

#include <arrow/result.h>

#include <string>
#include <string_view>
#include <vector>

#include "cloudquery/schema/table.h"

namespace cq {

/// The tables a client asks for, as patterns in which only `*` is special (any run of
/// characters). Matching is case-sensitive.
struct TableFilter {
  std::vector<std::string> tables;
  std::vector<std::string> skip_tables;
  bool skip_dependent_tables = false;
};

bool MatchesGlob(std::string_view pattern, std::string_view text);

/// Whether `filter` selects a table that has neither parent nor children.
bool Selects(const TableFilter& filter, std::string_view name);

/// The tables of `all` (flat, parents first) that `filter` selects, in their order, as
/// the Go SDK does. Invalid when a pattern of either list matches nothing: the texts are
/// those of the Go SDK. Skip wins and takes the children along; children come with a
/// matched parent unless skip_dependent_tables; the parent of a matched child stays, and
/// then counts as matched for the children after that one.
arrow::Result<Tables> FilterTables(const Tables& all, const TableFilter& filter);

}  // namespace cq
