#pragma once

#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace s3source {

/// An option, a flag or a positional argument, as --help shows it.
struct OptionInfo {
  std::vector<std::string> names;    ///< "-v", "--columns"; none: it is positional
  std::string value;                 ///< "FILE"; empty: it takes none
  std::vector<std::string> choices;  ///< the values it takes, where they are few
  std::string default_value;
  std::string description;
  bool required = false;
};

/// A command with everything below it.
struct CommandInfo {
  std::string name;
  std::string description;
  std::string footer;
  std::vector<OptionInfo> options;
  std::vector<CommandInfo> commands;
};

/// What the arguments of `app` are, in the order of --help.
CommandInfo Describe(const CLI::App& app);

/// The names as a text: "a, b and c".
std::string Listed(const std::vector<CommandInfo>& commands);

}  // namespace s3source
