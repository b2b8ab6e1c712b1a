#pragma once

#include <string>

#include "cli/command_context.h"

namespace s3source {

struct CheckArguments {
  std::string config;
  std::string source;
};

/// Tests the connection through the plugin and prints OK, or the code and what is wrong.
ExitCode RunCheck(const CheckArguments& arguments, const CommandContext& context);

}  // namespace s3source
