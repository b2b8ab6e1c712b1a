#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cq {

/// What a source remembers between syncs: text values under text keys. Reading and
/// setting work in memory; only Flush reaches the backend. Not thread-safe: one owner at
/// a time.
class State {
 public:
  virtual ~State() = default;

  /// False when nothing is remembered (no backend_options): every sync is then a full
  /// one.
  virtual bool enabled() const = 0;
  /// The value, or "" when the key is absent.
  virtual std::string Get(std::string_view key) const = 0;
  /// The keys that begin with `prefix` and have a value, in bytewise order.
  virtual std::vector<std::string> Keys(std::string_view prefix) const = 0;
  /// What is set is stored by the next Flush even if it was the value already: another
  /// process may have stored something else since it was read, and values set together
  /// are to stay together.
  virtual void Set(std::string_view key, std::string_view value) = 0;
  /// A text column of any table in the destination that keeps the state, NULL as "".
  /// NotImplemented where no destination does. IOError also when there is no such table:
  /// destinations do not tell these cases apart.
  virtual arrow::Result<std::vector<std::string>> ReadTexts(
      const std::string& table, const std::string& column) = 0;
  /// Stores what was set since the last Flush. Call it once, after the last record was
  /// handed over.
  virtual arrow::Status Flush() = 0;
};

/// Remembers nothing.
class NoState final : public State {
 public:
  bool enabled() const override { return false; }
  std::string Get(std::string_view) const override { return {}; }
  std::vector<std::string> Keys(std::string_view) const override { return {}; }
  void Set(std::string_view, std::string_view) override {}
  arrow::Result<std::vector<std::string>> ReadTexts(const std::string&,
                                                    const std::string&) override;
  arrow::Status Flush() override { return arrow::Status::OK(); }
};

/// Remembers in this process only; `flushed()` is what a backend would hold. For tests.
class MemoryState final : public State {
 public:
  bool enabled() const override { return true; }
  std::string Get(std::string_view key) const override;
  std::vector<std::string> Keys(std::string_view prefix) const override;
  void Set(std::string_view key, std::string_view value) override;
  /// What the test has put into `texts`, a column of each table.
  arrow::Result<std::vector<std::string>> ReadTexts(const std::string& table,
                                                    const std::string& column) override;
  arrow::Status Flush() override;
  const std::map<std::string, std::string, std::less<>>& flushed() const {
    return flushed_;
  }

  std::map<std::string, std::vector<std::string>> texts;

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::map<std::string, std::string, std::less<>> flushed_;
};

/// State::Keys of values in a sorted map, of which `value_of` gives the text.
template <typename Map, typename ValueOf>
std::vector<std::string> KeysIn(const Map& values, std::string_view prefix,
                                ValueOf value_of) {
  std::vector<std::string> keys;
  for (auto at = values.lower_bound(prefix);
       at != values.end() && at->first.starts_with(prefix); ++at) {
    if (!value_of(at->second).empty()) keys.push_back(at->first);
  }
  return keys;
}

}  // namespace cq
