#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cloudquery/state/client.h"

namespace cq::testing {

/// A destination plugin in this process, behind a real socket, that can only keep a state
/// table, and show tables of texts. It knows what the table's schema must look like and
/// refuses anything else. Safe to use from any thread.
class FakeStateBackend {
 public:
  struct Row {
    std::string key;
    std::string value;
    uint64_t version = 0;
    bool operator==(const Row&) const = default;
  };

  struct Options {
    std::vector<int> versions = {0, 1, 2, 3};  ///< the answer of GetVersions
    bool has_version_column = true;            ///< false: answers reads as old plugins do
    int64_t rows_per_record = 1000;            ///< of an answer to Read
  };

  FakeStateBackend();
  explicit FakeStateBackend(Options options);
  ~FakeStateBackend();

  BackendOptions options()
      const;  ///< for ConnectState, with the table name cq_state_test
  std::string target() const;

  /// What the table holds, in the order it was written: a destination without keys keeps
  /// every version.
  std::vector<Row> rows() const;
  void Put(Row row);
  /// Another table, with one text column, that can be read.
  void PutTexts(std::string table, std::string column, std::vector<std::string> texts);
  /// The rows by key: of each the value with the greatest version.
  std::map<std::string, std::string> values() const;

  /// The calls so far: "versions", "migrate", "read" and "insert" (with its number of
  /// rows, as in "insert 2"), each also when it was refused.
  std::vector<std::string> calls() const;
  /// The serialised requests of the Write and Read calls so far.
  std::vector<std::string> requests() const;

  /// The next `count` reads (writes) fail with "plugin already in use", as while another
  /// client reads.
  void RefuseReads(int count);
  void RefuseWrites(int count);
  /// The next `count` calls of any kind fail with this code and text.
  void FailCalls(int count, int code, const std::string& text);

 private:
  class Service;
  std::unique_ptr<Service> service_;
};

}  // namespace cq::testing
