#include "cli/command_tree.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

namespace s3source {
namespace {

/// CLI11 keeps the choices of IsMember only as a text: "LEVEL:{info,warn}".
std::vector<std::string> Choices(const std::string& type) {
  std::vector<std::string> choices;
  const size_t open = type.find('{');
  const size_t close = type.find('}', open);
  if (close == std::string::npos) return choices;
  const std::string inside = type.substr(open + 1, close - open - 1);
  for (size_t at = 0; at <= inside.size();) {
    const size_t comma = std::min(inside.find(',', at), inside.size());
    choices.push_back(inside.substr(at, comma - at));
    at = comma + 1;
  }
  return choices;
}

OptionInfo Describe(const CLI::Option& option) {
  OptionInfo info;
  for (const auto& name : option.get_snames()) info.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) info.names.push_back("--" + name);
  const std::string type = option.get_type_name();
  if (info.names.empty()) {
    info.value = option.get_name(/*positional=*/true);
  } else if (option.get_items_expected_max() > 0) {
    info.value = type.substr(0, type.find(':'));
  }
  info.choices = Choices(type);
  info.default_value = option.get_default_str();
  info.description = option.get_description();
  info.required = option.get_required();
  return info;
}

}  // namespace

CommandInfo Describe(const CLI::App& app) {
  CommandInfo info{.name = app.get_name(),
                   .description = app.get_description(),
                   .footer = app.get_footer(),
                   .options = {},
                   .commands = {}};
  for (const CLI::Option* option : app.get_options()) {
    info.options.push_back(Describe(*option));
  }
  for (const CLI::App* command :
       app.get_subcommands([](const CLI::App*) { return true; })) {
    info.commands.push_back(Describe(*command));
    // CLI11 hands the footer down to commands that have none.
    auto& footer = info.commands.back().footer;
    if (footer == info.footer) footer.clear();
  }
  return info;
}

std::string Listed(const std::vector<CommandInfo>& commands) {
  std::string text;
  for (size_t i = 0; i < commands.size(); ++i) {
    if (i > 0) text += i + 1 == commands.size() ? " and " : ", ";
    text += commands[i].name;
  }
  return text;
}

}  // namespace s3source
