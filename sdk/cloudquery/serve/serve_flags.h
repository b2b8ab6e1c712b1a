#pragma once

#include <string>
#include <vector>

#include "cloudquery/serve/server.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace cq {

/// What the flags of `serve` say.
struct ServeFlags {
  Address address;
  std::string log_level = "info";
  std::string log_format = "text";
  std::string otel_endpoint;
  bool otel_endpoint_insecure = false;
  std::string ignored_text;
  bool ignored_flag = false;
  /// Arguments that are not known, perhaps of a newer CLI.
  std::vector<std::string> unknown;
};

/// Gives a command of CLI11 the flags of `serve`, so that a program with more commands
/// can list them with its own. `flags` must outlive `command`.
void AddServeFlags(CLI::App& command, ServeFlags& flags);

}  // namespace cq
