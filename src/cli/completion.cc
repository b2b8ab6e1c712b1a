#include "cli/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace s3source {
namespace {

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string Replaced(std::string text, std::string_view what, std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

/// Inside of single quotes of any of the shells.
std::string Quoted(const std::string& text) {
  return "'" + Replaced(text, "'", "'\\''") + "'";
}

std::string Names(const CommandInfo& command) {
  std::vector<std::string> names;
  for (const auto& option : command.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return Joined(names);
}

std::string CommandNames(const CommandInfo& program) {
  std::vector<std::string> names;
  for (const auto& command : program.commands) names.push_back(command.name);
  return Joined(names);
}

/// What compgen is asked for as a value: words, files, folders, or nothing.
std::string Compgen(const OptionInfo& option) {
  if (!option.choices.empty())
    return fmt::format("-W {}", Quoted(Joined(option.choices)));
  if (option.value == "DIR") return "-d";
  if (option.value == "FILE" || option.value == "CONFIG") return "-f";
  return "-W ''";
}

std::string Bash(const CommandInfo& program) {
  std::string values;
  std::string options;
  std::string positionals;
  for (const auto& command : program.commands) {
    options += fmt::format("    {}) names={} ;;\n", command.name, Quoted(Names(command)));
    for (const auto& option : command.options) {
      if (option.names.empty()) {
        positionals +=
            fmt::format("    {}) ask=({}) ;;\n", command.name, Compgen(option));
      } else if (!option.value.empty()) {
        for (const auto& name : option.names) {
          values += fmt::format("    '{} {}') ask=({}) ;;\n", command.name, name,
                                Compgen(option));
        }
      }
    }
  }
  const std::string function = "_" + Replaced(program.name, "-", "_");
  return fmt::format(
      R"(# bash completion for {0}; put it into ~/.local/share/bash-completion/completions/{0}
{1}() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before='' command='' names={2} ask=()
  [ "$COMP_CWORD" -gt 1 ] && before=${{COMP_WORDS[COMP_CWORD - 1]}}
  # bash makes a word of the = in --name=value.
  if [ "$word" = = ]; then
    word=''
  elif [ "$before" = = ]; then
    before=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  [ "$COMP_CWORD" -gt 1 ] && command=${{COMP_WORDS[1]}}
  case $command in
{3}  esac
  case "$command $before" in
{4}    *) case $word in -*) ask=(-W "$names") ;; esac ;;
  esac
  if [ "${{#ask[@]}}" -eq 0 ]; then
    case $command in
    '') ask=(-W {5}) ;;
{6}    esac
  fi
  COMPREPLY=()
  [ "${{#ask[@]}}" -gt 0 ] || return 0
  if [ "${{ask[0]}}" != -W ]; then compopt -o filenames 2>/dev/null; fi
  mapfile -t COMPREPLY < <(compgen "${{ask[@]}}" -- "$word")
}}
complete -F {1} {0}
)",
      program.name, function, Quoted(Names(program)), options, values,
      Quoted(CommandNames(program)), positionals);
}

/// Inside of an argument of zsh's _arguments and _describe.
std::string ZshText(std::string text) {
  text = Replaced(std::move(text), "\n", " ");
  for (const char* special : {"[", "]", ":"}) {
    text = Replaced(std::move(text), special, std::string("\\") + special);
  }
  return Replaced(std::move(text), "'", "'\\''");
}

std::string ZshValue(const OptionInfo& option) {
  const std::string head = ":" + ZshText(option.value) + ":";
  if (!option.choices.empty()) return head + "(" + Joined(option.choices) + ")";
  if (option.value == "DIR") return head + "_files -/";
  if (option.value == "FILE" || option.value == "CONFIG") return head + "_files";
  return head;
}

std::string ZshArguments(const CommandInfo& command, std::string_view indent) {
  std::string text;
  int position = 0;
  for (const auto& option : command.options) {
    const std::string value = option.value.empty() ? "" : ZshValue(option);
    if (option.names.empty()) {
      text += fmt::format(" \\\n{}'{}{}'", indent, ++position, value);
    }
    for (const auto& name : option.names) {
      const bool with_equals = !option.value.empty() && name.starts_with("--");
      text += fmt::format(" \\\n{}'({}){}{}[{}]{}'", indent, Joined(option.names), name,
                          with_equals ? "=" : "", ZshText(option.description), value);
    }
  }
  return text;
}

std::string Zsh(const CommandInfo& program) {
  std::string described;
  std::string cases;
  for (const auto& command : program.commands) {
    described += fmt::format("        '{}:{}'\n", ZshText(command.name),
                             ZshText(command.description));
    cases += fmt::format("        {}) _arguments{} ;;\n", command.name,
                         ZshArguments(command, "          "));
  }
  return fmt::format(R"(#compdef {0}
# zsh completion for {0}; put it into a folder of $fpath as _{0}
_{0}() {{
  local curcontext="$curcontext" state line
  typeset -A opt_args
  _arguments -C{1} \
    '1:command:->command' \
    '*::argument:->argument'
  case $state in
    command)
      local -a commands
      commands=(
{2}      )
      _describe command commands ;;
    argument)
      case $line[1] in
{3}      esac ;;
  esac
}}
if [ "$funcstack[1]" = _{0} ]; then _{0} "$@"; else compdef _{0} {0}; fi
)",
                     program.name, ZshArguments(program, "    "), described, cases);
}

std::string FishOption(const OptionInfo& option) {
  std::string text;
  for (const auto& name : option.names) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.choices.empty()) {
    text += " -x -a " + Quoted(Joined(option.choices));
  } else if (option.value == "DIR") {
    text += " -x -a '(__fish_complete_directories)'";
  } else if (option.value == "FILE" || option.value == "CONFIG") {
    text += option.names.empty() ? " -F" : " -r -F";
  } else if (!option.value.empty()) {
    text += " -x";
  }
  if (option.names.empty()) return text;
  return text + " -d " + Quoted(Replaced(option.description, "\n", " "));
}

std::string Fish(const CommandInfo& program) {
  std::string text = fmt::format(
      "# fish completion for {0}; put it into ~/.config/fish/completions/{0}.fish\n"
      "complete -c {0} -f\n",
      program.name);
  for (const auto& option : program.options) {
    text += fmt::format("complete -c {} -n __fish_use_subcommand{}\n", program.name,
                        FishOption(option));
  }
  for (const auto& command : program.commands) {
    text += fmt::format("complete -c {} -n __fish_use_subcommand -a {} -d {}\n",
                        program.name, command.name, Quoted(command.description));
    for (const auto& option : command.options) {
      text += fmt::format("complete -c {} -n '__fish_seen_subcommand_from {}'{}\n",
                          program.name, command.name, FishOption(option));
    }
  }
  return text;
}

}  // namespace

std::string CompletionScript(const CommandInfo& program, std::string_view shell) {
  if (shell == "zsh") return Zsh(program);
  if (shell == "fish") return Fish(program);
  return Bash(program);
}

}  // namespace s3source
