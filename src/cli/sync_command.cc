#include "cli/sync_command.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "cli/counting_store.h"
#include "cli/file_state.h"
#include "cli/human.h"
#include "cli/output_folder.h"
#include "cli/parquet_dir_sink.h"
#include "cli/progress.h"
#include "cli/status_line.h"
#include "cloudquery/log/printable.h"
#include "cloudquery/serve/guarded.h"

namespace s3source {

namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr std::chrono::milliseconds kTerminalInterval{200};
constexpr seconds kLogInterval{10};

/// One run into a directory that is held.
class Run {
 public:
  Run(const CommandContext& context, OutputFolder& folder, FileState& state)
      : context_(context),
        folder_(folder),
        state_(state),
        line_(context.err, context.terminal_width),
        logger_(context.logger, line_),
        sink_({.folder = folder.staging(), .run = context.run}),
        started_(context.now()) {}

  /// Opens the plugin; an error is one of the configuration.
  arrow::Status Init(const SourceConfig& config) {
    CommandContext counting = context_;
    counting.open_store =
        [open = context_.open_store, counts = counts_](
            const Spec& spec,
            cq::Logger& logger) -> arrow::Result<std::shared_ptr<ObjectStore>> {
      ARROW_ASSIGN_OR_RAISE(auto store, open(spec, logger));
      return std::make_shared<CountingStore>(std::move(store), counts);
    };
    plugin_ = MakePlugin(counting, logger_);
    return cq::Guarded([&] { return plugin_->Init({.spec_json = config.spec_json}); });
  }

  /// Syncs, with progress, and commits.
  arrow::Status Sync(const cq::TableFilter& filter) {
    const arrow::Status synced = SyncWithProgress(filter);
    line_.End();
    ARROW_RETURN_NOT_OK(synced);
    ARROW_ASSIGN_OR_RAISE(const auto files, sink_.Finish());
    files_ = files.size();
    if (files.empty() && !state_.changed()) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(const std::string state, state_.Encode());
    return folder_.Commit(files, state);
  }

  std::string Progress() const {
    return DescribeProgress(sink_.counts(), counts_->objects, counts_->bytes,
                            duration_cast<seconds>(context_.now() - started_));
  }
  size_t files() const { return files_; }
  /// Of a sync that went well: objects that cannot be read, each with a warning.
  int64_t skipped_objects() const { return sink_.counts().errors; }

 private:
  arrow::Status SyncWithProgress(const cq::TableFilter& filter) {
    const bool terminal = context_.terminal_width > 0;
    const Ticker ticker(terminal ? kTerminalInterval : kLogInterval, [&] {
      if (terminal) {
        line_.Show(Progress());
      } else {
        context_.logger.Info("progress: " + Progress());
      }
    });
    arrow::Status synced = cq::Guarded([&] {
      return plugin_->Sync({.filter = filter, .with_error_messages = true},
                           {.sink = sink_, .state = state_, .stop = context_.stop});
    });
    ARROW_RETURN_NOT_OK(synced);
    if (state_.flushed()) return synced;
    return arrow::Status::UnknownError("the sync ended without its state");
  }

  const CommandContext& context_;
  OutputFolder& folder_;
  FileState& state_;
  StatusLine line_;
  LoggerAboveStatusLine logger_;
  ParquetDirSink sink_;
  const std::chrono::steady_clock::time_point started_;
  std::shared_ptr<ReadCounts> counts_ = std::make_shared<ReadCounts>();
  std::unique_ptr<S3Plugin> plugin_;
  size_t files_ = 0;
};

void PrintSummary(const Run& run, const OutputFolder& folder,
                  const std::string& directory, const CommandContext& context) {
  context.out << run.Progress() << "\n";
  if (run.skipped_objects() > 0) {
    context.out << HumanCount(run.skipped_objects(), "object")
                << " left out, the warnings say why\n";
  }
  if (run.files() == 0) {
    context.out << "nothing new for " << directory;
  } else {
    context.out << HumanCount(static_cast<int64_t>(run.files()), "new file") << " in "
                << directory;
  }
  context.out << ", state in " << cq::Printable(folder.state_file().string())
              << std::endl;
}

}  // namespace

ExitCode RunSyncCommand(const SyncArguments& arguments, const CommandContext& context) {
  const auto config = LoadConfigOrPrint(arguments.config, arguments.source, context);
  if (!config.has_value()) return kExitUsage;
  if (const auto spec = ParseSpec(config->spec_json); !spec.ok()) {
    return FailSpec(spec.status(), *config, context);
  }
  const auto folder = OutputFolder::Open(arguments.directory);
  if (!folder.ok()) return Fail(folder.status(), context);
  const std::string directory = cq::Printable(arguments.directory);
  if ((*folder)->finished_earlier_run()) {
    context.logger.Info("put the files of an earlier run, which was cut off, in place",
                        {{"directory", directory}});
  }
  auto state = FileState::Load((*folder)->state_file());
  if (!state.ok()) return Fail(state.status(), context);

  Run run(context, **folder, *state);
  if (const arrow::Status opened = run.Init(*config); !opened.ok()) {
    return opened.IsInvalid() ? FailSpec(opened, *config, context)
                              : Fail(opened, context);
  }
  if (const arrow::Status synced = run.Sync(config->filter); !synced.ok()) {
    const ExitCode code = Fail(synced, context);
    if (!(*folder)->commit_begun()) {
      context.err << "nothing of this run was kept in " << directory
                  << "; the next run begins where this one did" << std::endl;
    }
    return code;
  }
  PrintSummary(run, **folder, directory, context);
  return kExitOk;
}

}  // namespace s3source
