#include "cli/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace s3source {
namespace {

/// Text for roff: a hyphen that can be copied, and no line that looks like a request.
std::string Roff(const std::string& text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    line_begins = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Capital(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

/// Lines as they are, examples among them.
std::string Verbatim(const std::string& text) {
  std::istringstream lines(text);
  std::string out = ".PP\n.nf\n";
  for (std::string line; std::getline(lines, line);) {
    out += line.empty() ? "\\&\n" : Roff(line) + "\n";
  }
  return out + ".fi\n";
}

std::string Usage(const CommandInfo& command) {
  std::string usage = command.name + " [OPTIONS]";
  for (const auto& option : command.options) {
    if (option.names.empty()) usage += " " + option.value;
  }
  return usage;
}

std::string Item(const OptionInfo& option) {
  std::string head;
  for (const auto& name : option.names) {
    head += (head.empty() ? "\\fB" : ", \\fB") + Roff(name) + "\\fR";
  }
  if (!option.value.empty()) {
    head += (head.empty() ? "\\fI" : " \\fI") + Roff(option.value) + "\\fR";
  }
  std::string text = option.description;
  const auto sentence = [&](const std::string& more) {
    text += (text.empty() ? "" : ". ") + more;
  };
  std::string choices;
  for (const auto& choice : option.choices) {
    choices += (choices.empty() ? "" : ", ") + choice;
  }
  if (!choices.empty()) sentence("One of " + choices);
  if (!option.default_value.empty()) sentence("Default: " + option.default_value);
  if (option.required && !option.names.empty()) sentence("Required");
  return fmt::format(".TP\n{}\n{}.\n", head, Roff(text));
}

}  // namespace

std::string ManPage(const CommandInfo& program, const std::string& version) {
  const size_t line =
      std::min(program.description.find('\n'), program.description.size());
  std::string summary = program.description.substr(0, line);
  if (summary.ends_with('.')) summary.pop_back();
  const std::string rest =
      program.description.substr(std::min(line + 1, program.description.size()));
  std::string page = fmt::format(
      ".TH {} 1 \"\" \"{} {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n"
      ".SH SYNOPSIS\n",
      Roff(Capital(program.name)), Roff(program.name), Roff(version), Roff(program.name),
      Roff(summary));
  for (const auto& command : program.commands) {
    page += fmt::format("\\fB{}\\fR {}\n.br\n", Roff(program.name), Roff(Usage(command)));
  }
  page += ".SH DESCRIPTION\n" + Roff(summary) + ".\n" + Roff(rest) + "\n.SH OPTIONS\n";
  for (const auto& option : program.options) page += Item(option);
  page += ".SH COMMANDS\n";
  for (const auto& command : program.commands) {
    page +=
        fmt::format(".SS \"{}\"\n{}.\n", Roff(Usage(command)), Roff(command.description));
    for (const auto& option : command.options) page += Item(option);
    if (!command.footer.empty()) page += Verbatim(command.footer);
  }
  page += ".SH \"EXIT STATUS AND HELP\"\n" + Verbatim(program.footer);
  return page;
}

}  // namespace s3source
