#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace s3source {

/// A variable of this process's environment: the Environment of programs. Tests make
/// their own.
inline std::optional<std::string> ProcessEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace s3source
