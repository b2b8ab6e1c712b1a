#pragma once

#include <string>

#include "cli/command_tree.h"

namespace s3source {

/// The program's manual page, section 1, as source for man(1).
std::string ManPage(const CommandInfo& program, const std::string& version);

}  // namespace s3source
