#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command_context.h"
#include "cli/command_tree.h"
#include "cli/completion.h"
#include "cli/man_page.h"
#include "cloudquery/log/printable.h"
#include "cloudquery/serve/health.h"
#include "cloudquery/serve/serve_flags.h"
#include "spec/nearest_name.h"
#include "spec/spec.h"

namespace s3source {

namespace {

constexpr char kDescription[] =
    "CloudQuery source plugin for Parquet files in S3.\n"
    "CloudQuery starts it with `serve`. The other commands need no CloudQuery.";

constexpr char kFooter[] =
    R"(Exit codes: 0 done, 1 failed, 2 wrong arguments or configuration, 130 interrupted.
`cq-source-s3 COMMAND --help` has examples.)";

constexpr char kServeHelp[] = "Serve the plugin over gRPC, as CloudQuery starts it";

constexpr char kHealthHelp[] = "Ask a plugin that serves whether it is well";

constexpr char kConfigHelp[] = "An ordinary CloudQuery configuration (YAML)";

constexpr char kSchemaFooter[] = R"(Example:
  cq-source-s3 schema > s3.schema.json        for an editor, or any JSON schema validator)";

constexpr char kCompletionFooter[] = R"(Examples:
  . <(cq-source-s3 completion bash)           in this shell
  cq-source-s3 completion fish > ~/.config/fish/completions/cq-source-s3.fish)";

constexpr char kManFooter[] = R"(Example:
  cq-source-s3 man | man -l -)";

constexpr char kTablesFooter[] = R"(Examples:
  cq-source-s3 tables s3.yml                  what would be synced
  cq-source-s3 tables s3.yml --columns        with the columns and their types
  cq-source-s3 tables s3.yml --format json    for other programs

Lists the bucket and reads the end of one object a table. `?` columns: none of the
table's objects can be read.)";

constexpr char kCheckFooter[] = R"(Examples:
  cq-source-s3 check s3.yml && cloudquery sync s3.yml postgresql.yml

Prints OK, or a code (UNAUTHORIZED, UNREACHABLE, ...) with what is wrong.)";

constexpr char kSyncFooter[] = R"(Examples:
  cq-source-s3 sync s3.yml --to data          all there is
  cq-source-s3 sync s3.yml --to data          again: only what is new since

Writes DIR/<table>/<run>-N.parquet. What was synced is remembered in DIR/.cq-source-s3.
A run is kept whole or, when it fails or is interrupted, not at all.)";

constexpr char kPackageFooter[] = R"(Example:
  cq-source-s3 package linux/amd64=cq-source-s3-onefile-v1.2.3-linux-amd64 \
      --team my-team --message "First version" --docs docs/hub --to dist

Each program must be one file that runs by itself.)";

void AddConfig(CLI::App& command, std::string& config, std::string& source) {
  command.add_option("CONFIG", config, kConfigHelp)->required()->type_name("FILE");
  command.add_option("--source", source, "Which source, if the file has several")
      ->type_name("NAME");
}

/// Everything the options write to.
struct Parsed {
  cq::ServeFlags serve;
  cq::HealthFlags health;
  TablesArguments tables;
  CheckArguments check;
  SyncArguments sync;
  PackageArguments package;
  std::string log_level;
  std::string log_format = "text";
  std::string shell;
};

void AddLogging(CLI::App& app, Parsed& parsed) {
  app.add_option("--log-level", parsed.log_level,
                 "Default: info for a sync that is not on a terminal, else warn")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->type_name("LEVEL");
  app.add_option("--log-format", parsed.log_format, "Of the log, on stderr")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
}

void AddPackage(CLI::App& app, PackageArguments& parsed) {
  auto* package =
      app.add_subcommand("package", "Make what `cloudquery plugin publish` takes");
  package->add_option("PROGRAM", parsed.programs, "The program for each platform")
      ->required()
      ->type_name("OS/ARCH=FILE");
  package->add_option("--team", parsed.team, "Of CloudQuery's hub")->required();
  package->add_option("--name", parsed.name, "Of the plugin there")
      ->capture_default_str();
  package->add_option("--version", parsed.version, "Default: that of this program");
  package->add_option("--message", parsed.message, "What changed")->required();
  package->add_option("--docs", parsed.docs, "Folder with overview.md")
      ->required()
      ->type_name("DIR");
  package->add_option("--to", parsed.directory, "Folder to make")
      ->required()
      ->type_name("DIR");
  package->footer(kPackageFooter);
}

void AddCommands(CLI::App& app, Parsed& parsed) {
  cq::AddServeFlags(*app.add_subcommand("serve", kServeHelp), parsed.serve);
  cq::AddHealthFlags(*app.add_subcommand("health", kHealthHelp), parsed.health);

  auto* tables = app.add_subcommand("tables", "Show the tables that would be synced");
  AddConfig(*tables, parsed.tables.config, parsed.tables.source);
  tables->add_option("--format", parsed.tables.format, "Of the list")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  tables->add_flag("-v,--columns", parsed.tables.columns, "Name and type of each column");
  tables->footer(kTablesFooter);

  auto* check = app.add_subcommand("check", "Test the connection");
  AddConfig(*check, parsed.check.config, parsed.check.source);
  check->footer(kCheckFooter);

  auto* sync = app.add_subcommand("sync", "Sync into Parquet files of a directory");
  AddConfig(*sync, parsed.sync.config, parsed.sync.source);
  sync->add_option("--to", parsed.sync.directory, "The directory; made if it is missing")
      ->required()
      ->type_name("DIR");
  sync->footer(kSyncFooter);

  AddPackage(app, parsed.package);

  for (CLI::App* command : {tables, check, sync}) AddLogging(*command, parsed);
}

/// What tells about the program itself.
void AddDescriptions(CLI::App& app, Parsed& parsed) {
  auto* schema = app.add_subcommand("schema", "Print the JSON schema of the spec");
  schema->footer(kSchemaFooter);

  auto* completion = app.add_subcommand("completion", "Print a completion script");
  completion->add_option("SHELL", parsed.shell, "The shell it is for")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->footer(kCompletionFooter);

  auto* man = app.add_subcommand("man", "Print the manual page");
  man->footer(kManFooter);

  for (CLI::App* command : {schema, completion, man}) command->group("About the program");
}

/// The answer of a command that tells about the program; nothing for the others.
std::optional<std::string> Description(const CLI::App& app, const Parsed& parsed,
                                       const std::string& version) {
  if (app.got_subcommand("schema")) return SpecJsonSchema() + "\n";
  if (app.got_subcommand("completion"))
    return CompletionScript(Describe(app), parsed.shell);
  if (app.got_subcommand("man")) return ManPage(Describe(app), version);
  return std::nullopt;
}

bool Knows(const CLI::App& app, const std::string& command) {
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  return std::any_of(commands.begin(), commands.end(),
                     [&](const CLI::App* one) { return one->get_name() == command; });
}

EarlyExit UnknownCommand(const CLI::App& app, const std::string& command) {
  const auto commands = Describe(app).commands;
  std::vector<std::string_view> names;
  names.reserve(commands.size());
  for (const auto& one : commands) names.emplace_back(one.name);
  const std::string_view nearest = NearestName(command, names);
  std::string text = "error: there is no command " + cq::Printable(command) + ", only " +
                     Listed(commands);
  if (!nearest.empty()) text += "; did you mean " + std::string(nearest) + "?";
  return {.code = kExitUsage, .out = {}, .err = text + "\n"};
}

/// What CLI11 says of wrong arguments, for which command, and those it does not know: it
/// misses others first, and a slip in `--to` is a `--to` that is missing.
EarlyExit WrongArguments(const CLI::App& app, const CLI::Error& error) {
  std::string name = "cq-source-s3";
  for (const CLI::App* command : app.get_subcommands()) name += " " + command->get_name();
  std::string unknown;
  for (const std::string& one : app.remaining(true)) unknown += " " + cq::Printable(one);
  constexpr int kExtras = static_cast<int>(CLI::ExitCodes::ExtrasError);
  std::string text = "error: " + cq::Printable(error.what(), 1000);
  if (!unknown.empty() && error.get_exit_code() != kExtras)
    text += "; not known:" + unknown;
  text += "\n`" + name + " --help` has more.\n";
  return {.code = kExitUsage, .out = {}, .err = std::move(text)};
}

CommandLine Result(const CLI::App& app, const Parsed& parsed) {
  CommandLine line;
  if (app.got_subcommand("tables")) line.command = parsed.tables;
  if (app.got_subcommand("check")) line.command = parsed.check;
  if (app.got_subcommand("package")) line.command = parsed.package;
  if (app.got_subcommand("sync")) line.command = parsed.sync;
  if (!parsed.log_level.empty()) line.log_level = *cq::ParseLogLevel(parsed.log_level);
  line.log_format = *cq::ParseLogFormat(parsed.log_format);
  return line;
}

}  // namespace

std::variant<CommandLine, EarlyExit> ParseCommandLine(std::vector<std::string> arguments,
                                                      const std::string& version) {
  Parsed parsed;
  CLI::App app(kDescription, "cq-source-s3");
  app.set_version_flag("--version", "cq-source-s3 version " + version);
  app.require_subcommand(1);
  app.footer(kFooter);
  AddCommands(app, parsed);
  AddDescriptions(app, parsed);
  if (arguments.empty()) return EarlyExit{.code = kExitUsage, .err = app.help()};
  if (!arguments[0].starts_with('-') && !Knows(app, arguments[0])) {
    return UnknownCommand(app, arguments[0]);
  }
  // CLI11 takes them from the end.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::Error& error) {
    if (error.get_exit_code() != 0) return WrongArguments(app, error);
    std::ostringstream out;
    app.exit(error, out, out);
    return EarlyExit{kExitOk, out.str(), {}};
  }
  if (auto text = Description(app, parsed, version)) {
    return EarlyExit{.code = kExitOk, .out = *std::move(text), .err = {}};
  }
  return Result(app, parsed);
}

}  // namespace s3source
