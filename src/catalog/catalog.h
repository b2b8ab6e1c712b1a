#pragma once

#include <string>
#include <vector>

#include "store/object.h"

namespace s3source {

/// A table and its objects, in listing order.
struct TableObjects {
  std::string name;
  std::vector<std::string> prefixes;  ///< the distinct key directories, in order of appearance
  std::vector<Object> objects;
};

/// What a listing holds for us.
class Catalog {
 public:
  /// Takes one page of a listing. Keys not ending in .parquet (in any case) are counted, no more;
  /// zero-byte folder markers (keys ending in `/`) are ignored.
  void Add(std::vector<Object> page);

  /// Tables in bytewise order of their names.
  const std::vector<TableObjects>& tables() const;
  /// Keys of Parquet objects for which no table name is left (such as `/file.parquet`).
  const std::vector<std::string>& unnamed_keys() const;
  int64_t listed_keys() const;
  /// One text for each table that two or more prefixes fell on, naming them.
  std::vector<std::string> Collisions() const;
};

}  // namespace s3source
