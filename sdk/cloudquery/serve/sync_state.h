#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cloudquery/serve/sync_stream.h"
#include "cloudquery/state/state.h"

namespace cq {

/// The State of a Sync call: nothing of it reaches the backend before every message of
/// the call has left for the client.
class SyncState final : public State {
 public:
  /// Both must outlive this.
  SyncState(State& state, SyncStream& stream) : state_(state), stream_(stream) {}

  bool enabled() const override { return state_.enabled(); }
  std::string Get(std::string_view key) const override { return state_.Get(key); }
  std::vector<std::string> Keys(std::string_view prefix) const override {
    return state_.Keys(prefix);
  }
  void Set(std::string_view key, std::string_view value) override {
    state_.Set(key, value);
  }
  arrow::Result<std::vector<std::string>> ReadTexts(const std::string& table,
                                                    const std::string& column) override {
    return state_.ReadTexts(table, column);
  }
  arrow::Status Flush() override {
    ARROW_RETURN_NOT_OK(stream_.Drain());
    return state_.Flush();
  }

 private:
  State& state_;
  SyncStream& stream_;
};

}  // namespace cq
