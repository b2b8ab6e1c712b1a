#pragma once

#include <string>
#include <string_view>

#include "cli/command_tree.h"

namespace s3source {

/// A script that completes the program's commands, options and their values in `shell`:
/// bash, zsh or fish.
std::string CompletionScript(const CommandInfo& program, std::string_view shell);

}  // namespace s3source
