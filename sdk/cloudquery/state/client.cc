#include "cloudquery/state/client.h"

namespace cq {

void SleepFor(std::chrono::milliseconds, std::stop_token) {}

arrow::Result<std::unique_ptr<State>> ConnectState(const BackendOptions&, std::stop_token,
                                                   const Sleeper&) {
  return arrow::Status::NotImplemented("state backend");
}

}  // namespace cq
