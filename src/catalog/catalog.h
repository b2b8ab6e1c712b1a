#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/object.h"

namespace s3source {

/// A table and its objects, in listing order.
struct TableObjects {
  std::string name;
  /// What the name was made of, in order of appearance, each once: key directories with
  /// their last `/`, and at the root whole keys.
  std::vector<std::string> prefixes;
  std::vector<Object> objects;
};

/// What a listing holds for us. For one thread.
class Catalog {
 public:
  /// Takes one page of a listing. Keys not ending in .parquet (in any case) are counted,
  /// no more; zero-byte folder markers (keys ending in `/`) are not even counted.
  void Add(std::vector<Object> page);

  /// Tables in bytewise order of their names. Valid until the next Add.
  const std::vector<TableObjects>& tables() const { return tables_; }
  /// Keys of Parquet objects for which no table name is left (such as `/file.parquet`).
  const std::vector<std::string>& unnamed_keys() const { return unnamed_keys_; }
  int64_t listed_keys() const { return listed_keys_; }
  /// One text for each table that two or more prefixes fell on, naming them.
  std::vector<std::string> Collisions() const;

 private:
  void Merge(std::vector<TableObjects> page);

  std::vector<TableObjects> tables_;
  std::unordered_map<std::string, std::string> names_;  ///< by origin
  std::vector<std::string> unnamed_keys_;
  int64_t listed_keys_ = 0;
};

}  // namespace s3source
