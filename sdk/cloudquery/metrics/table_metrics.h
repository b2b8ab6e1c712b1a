#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace cq {

/// What a table has come to so far.
struct TableFigures {
  std::string table;
  int64_t rows = 0;
  int64_t errors = 0;
  std::chrono::milliseconds duration{0};  ///< from its begin to the last thing of it
};

/// Counts what each table of a sync sends. Safe to call from any thread.
class TableMetrics {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  explicit TableMetrics(Clock now) : now_(std::move(now)) {}

  /// Work on `table` begins. Only the first call counts; without one, a table begins with
  /// the first thing that is counted of it.
  void Begin(const std::string& table);
  void AddRows(const std::string& table, int64_t rows);
  void AddError(const std::string& table);

  /// By name.
  std::vector<TableFigures> Figures() const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Entry {
    Time begin;
    Time last;
    int64_t rows = 0;
    int64_t errors = 0;
  };

  /// With the lock held.
  Entry& Touch(const std::string& table);

  const Clock now_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace cq
