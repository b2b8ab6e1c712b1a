#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "cloudquery/schema/table.h"

namespace s3source {

/// A line of the `tables` command.
struct ListedTable {
  std::string name;
  int64_t objects = 0;
  int64_t bytes = 0;
  std::optional<std::vector<cq::Column>> columns;  ///< nothing: no object can be read
};

/// A table for people; with `columns`, name and type of each under its table's line.
void PrintText(const std::vector<ListedTable>& tables, bool columns, std::ostream& out);
/// A JSON array; bytes as they are, `columns` null where they are not known.
void PrintJson(const std::vector<ListedTable>& tables, std::ostream& out);

}  // namespace s3source
