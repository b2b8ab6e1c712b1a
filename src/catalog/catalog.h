#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/object.h"

namespace s3source {

/// A table and its objects, by key.
struct TableObjects {
  std::string name;
  /// What the name was made of, in bytewise order, each once: key directories with their
  /// last `/`, and at the root whole keys.
  std::vector<std::string> prefixes;
  std::vector<Object> objects;
};

/// Told of a table that got one more object, the last of its `objects`.
using TableVisitor = std::function<void(const TableObjects& table)>;

/// What a listing holds for us. For one thread.
class Catalog {
 public:
  /// Takes one page of a listing; pages may come in any order. Keys not ending in
  /// .parquet (in any case) are counted, no more; zero-byte folder markers (keys ending
  /// in `/`) are not even counted.
  void Add(std::vector<Object> page, const TableVisitor& added = {});
  /// To be called after the last Add: puts all in bytewise order. Of objects with one key
  /// the one that was added last stays.
  void Finish();

  /// In order of appearance until Finish, then in bytewise order of their names.
  const std::vector<TableObjects>& tables() const { return tables_; }
  /// Keys of Parquet objects for which no table name is left (such as `/file.parquet`).
  const std::vector<std::string>& unnamed_keys() const { return unnamed_keys_; }
  int64_t listed_keys() const { return listed_keys_; }
  /// Objects that went for another one of their key. No sound listing has any.
  int64_t repeated_keys() const { return repeated_keys_; }
  /// One text for each table that two or more prefixes fell on, naming them.
  std::vector<std::string> Collisions() const;

 private:
  size_t TableOf(const std::string& key);

  std::vector<TableObjects> tables_;
  std::unordered_map<std::string, size_t> by_name_;
  std::unordered_map<std::string, size_t> by_origin_;
  /// Neighbours in a listing mostly have one origin.
  std::string last_origin_;
  size_t last_table_ = 0;
  std::vector<std::string> unnamed_keys_;
  int64_t listed_keys_ = 0;
  int64_t repeated_keys_ = 0;
};

}  // namespace s3source
