#pragma once

#include <arrow/status.h>

#include <map>
#include <string>
#include <string_view>

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
  virtual void Set(std::string_view key, std::string_view value) = 0;
  /// Stores what changed since the last Flush. Call it once, after the last record was
  /// handed over.
  virtual arrow::Status Flush() = 0;
};

/// Remembers nothing.
class NoState final : public State {
 public:
  bool enabled() const override { return false; }
  std::string Get(std::string_view) const override { return {}; }
  void Set(std::string_view, std::string_view) override {}
  arrow::Status Flush() override { return arrow::Status::OK(); }
};

/// Remembers in this process only; `flushed()` is what a backend would hold. For tests.
class MemoryState final : public State {
 public:
  bool enabled() const override { return true; }
  std::string Get(std::string_view key) const override;
  void Set(std::string_view key, std::string_view value) override;
  arrow::Status Flush() override;
  const std::map<std::string, std::string, std::less<>>& flushed() const {
    return flushed_;
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::map<std::string, std::string, std::less<>> flushed_;
};

}  // namespace cq
