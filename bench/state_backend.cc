// A destination plugin that keeps nothing but a state table, for syncs that bring one.
//
//   state_backend
//
// Prints {"address": "127.0.0.1:N", "table": "NAME"} and serves until its input ends.

#include <unistd.h>

#include <array>
#include <cstdio>

#include "cloudquery/testing/fake_state_backend.h"

int main() {
  const cq::testing::FakeStateBackend backend;
  const cq::BackendOptions options = backend.options();
  std::printf("{\"address\": \"%s\", \"table\": \"%s\"}\n", options.connection.c_str(),
              options.table_name.c_str());
  std::fflush(stdout);
  std::array<char, 64> ignored{};
  while (::read(STDIN_FILENO, ignored.data(), ignored.size()) > 0) {
  }
  return 0;
}
