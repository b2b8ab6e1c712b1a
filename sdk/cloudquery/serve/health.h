#pragma once

#include <arrow/status.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "cloudquery/serve/server.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace cq {

/// What the flags of `health` say.
struct HealthFlags {
  Address address;
  double timeout_seconds = 3;
};

/// Gives a command of CLI11 the flags of `health`, as AddServeFlags those of `serve`.
/// `flags` must outlive `command`.
void AddHealthFlags(CLI::App& command, HealthFlags& flags);

/// Asks the plugin server at `address`, as `serve` was given it, how it is: OK when it
/// says that it serves. A wildcard host is asked for on this machine. An error tells what
/// the server answered, or that none did within `timeout`.
arrow::Status CheckHealth(const Address& address, std::chrono::milliseconds timeout);

/// The address and network in the arguments of a process, as Linux shows them in
/// /proc/PID/cmdline: each ends with a zero byte. What they do not say stays as it is in
/// Address; nothing when the process does not serve a plugin.
std::optional<Address> ServedAddress(std::string_view command_line);

/// The command `health` of a plugin's program: `arguments` are those after the word.
/// Without --address it asks where process 1 serves, as the main process of a container
/// does, or else at the default address. Returns 0, or 1 and tells why on stderr.
int Health(int count, char** arguments);

}  // namespace cq
