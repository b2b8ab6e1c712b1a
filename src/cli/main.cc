#include <fmt/format.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "cli/allocator.h"
#include "cli/available_memory.h"
#include "cli/command_line.h"
#include "cli/interrupt.h"
#include "cloudquery/serve/health.h"
#include "cloudquery/serve/serve.h"
#include "store/limited_store.h"
#include "store/process_environment.h"
#include "store/s3_store.h"

namespace {

using s3source::CommandContext;
using s3source::CommandLine;
using s3source::EarlyExit;
using s3source::ProcessEnvironment;

int DecodeThreads() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

arrow::Result<std::shared_ptr<s3source::ObjectStore>> OpenStore(
    const s3source::Spec& spec, cq::Logger& logger) {
  ARROW_ASSIGN_OR_RAISE(
      auto store,
      s3source::S3Store::Open(s3source::MakeS3Options(spec, ProcessEnvironment), logger));
  return s3source::LimitReads(std::move(store),
                              s3source::ConnectionsFor(spec.concurrency), logger);
}

/// Of stderr; 0 when it is not a terminal.
size_t TerminalWidth() {
  if (isatty(STDERR_FILENO) != 1) return 0;
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

/// Sorts by time and is never given twice: 20240131T120000Z-1f2e3d4c.
std::string NewRunName() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char time[32];
  std::strftime(time, sizeof(time), "%Y%m%dT%H%M%SZ", &utc);
  return fmt::format("{}-{:08x}", time, std::random_device{}());
}

/// 128 random bits.
std::string NewReceipt() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

int Serve(int count, char** arguments) {
  return cq::Serve(count, arguments, [](cq::Logger& logger) {
    return std::make_unique<s3source::S3Plugin>(
        logger, s3source::PluginOptions{.version = CQS3_VERSION,
                                        .decode_threads = DecodeThreads(),
                                        .available_bytes = s3source::AvailableMemory("/"),
                                        .open_store =
                                            [&logger](const s3source::Spec& spec) {
                                              return OpenStore(spec, logger);
                                            },
                                        .new_receipt = NewReceipt});
  });
}

int Run(const CommandLine& line) {
  const s3source::Interrupt interrupt;
  const size_t terminal = TerminalWidth();
  const bool sync = std::holds_alternative<s3source::SyncArguments>(line.command);
  const auto quiet = sync && terminal == 0 ? cq::LogLevel::kInfo : cq::LogLevel::kWarn;
  const auto logger = cq::MakeStreamLogger({.format = line.log_format,
                                            .level = line.log_level.value_or(quiet),
                                            .module = "cq-source-s3",
                                            .fd = STDERR_FILENO});
  const CommandContext context{.environment = ProcessEnvironment,
                               .open_store = OpenStore,
                               .version = CQS3_VERSION,
                               .decode_threads = DecodeThreads(),
                               .available_bytes = s3source::AvailableMemory("/"),
                               .logger = *logger,
                               .out = std::cout,
                               .err = std::cerr,
                               .terminal_width = terminal,
                               .now = std::chrono::steady_clock::now,
                               .run = NewRunName(),
                               .stop = interrupt.stop_token()};
  struct Command {
    const CommandContext& context;
    int operator()(const s3source::TablesArguments& arguments) const {
      return RunTables(arguments, context);
    }
    int operator()(const s3source::CheckArguments& arguments) const {
      return RunCheck(arguments, context);
    }
    int operator()(const s3source::PackageArguments& arguments) const {
      return RunPackage(arguments, context);
    }
    int operator()(const s3source::SyncArguments& arguments) const {
      return RunSyncCommand(arguments, context);
    }
  };
  return std::visit(Command{context}, line.command);
}

}  // namespace

int main(int argc, char** argv) {
  s3source::UseOneAllocator();
  // A package starts us through its own loader, whose name we would have.
  prctl(PR_SET_NAME, "cq-source-s3");
  // A reader that goes away (`| head`) is an error of the write, not the end of us.
  signal(SIGPIPE, SIG_IGN);
  if (argc > 1 && std::string_view(argv[1]) == "serve") return Serve(argc - 2, argv + 2);
  if (argc > 1 && std::string_view(argv[1]) == "health") {
    return cq::Health(argc - 2, argv + 2);
  }

  const auto parsed = s3source::ParseCommandLine(
      std::vector<std::string>(argv + std::min(argc, 1), argv + argc), CQS3_VERSION);
  const auto* exit = std::get_if<EarlyExit>(&parsed);
  if (exit != nullptr) {
    std::cout << exit->out;
    std::cerr << exit->err;
  }
  const int code = exit != nullptr ? exit->code : Run(std::get<CommandLine>(parsed));
  // A result that nobody got is no success.
  return std::cout.flush() || code != s3source::kExitOk ? code : s3source::kExitFailed;
}
