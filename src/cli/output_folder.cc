#include "cli/output_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "cli/durable_file.h"
#include "cloudquery/log/printable.h"

namespace s3source {

namespace {

namespace fs = std::filesystem;

constexpr char kOwn[] = ".cq-source-s3";
constexpr char kStaging[] = "staging";
constexpr char kState[] = "state.json";
constexpr char kNewState[] = "state.json.new";
constexpr char kJournal[] = "journal.json";

/// A descriptor whose lock ends with it, at the latest when the process ends.
arrow::Result<int> TakeLock(const fs::path& path, const fs::path& directory) {
  const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock < 0) {
    return arrow::Status::IOError("cannot write to ", cq::Printable(path.string()), ": ",
                                  strerror(errno));
  }
  if (flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  const int reason = errno;
  char holder[32] = {};
  const ssize_t length = pread(lock, holder, sizeof(holder) - 1, 0);
  close(lock);
  if (reason != EWOULDBLOCK) {
    return arrow::Status::IOError("cannot lock ", cq::Printable(path.string()), ": ",
                                  strerror(reason));
  }
  return arrow::Status::AlreadyExists(
      "another cq-source-s3 ",
      length > 0 ? "(process " + cq::Printable(holder) + ") " : std::string(),
      "is writing to ", cq::Printable(directory.string()),
      "; wait until it is done, or choose another directory");
}

/// Only for the error text of those who come second.
void WriteHolder(int lock) {
  const std::string pid = std::to_string(getpid());
  if (ftruncate(lock, 0) == 0) {
    [[maybe_unused]] const ssize_t written = pwrite(lock, pid.data(), pid.size(), 0);
  }
}

}  // namespace

OutputFolder::OutputFolder(fs::path root, int lock, CommitJournal::StepHook before_step)
    : root_(std::move(root)),
      lock_(lock),
      journal_(root_, std::string(kOwn) + "/" + kJournal, std::move(before_step)) {}

arrow::Result<std::unique_ptr<OutputFolder>> OutputFolder::Open(
    const fs::path& directory, CommitJournal::StepHook before_step) {
  const fs::path own = directory / kOwn;
  ARROW_RETURN_NOT_OK(MakeFolder(own));
  ARROW_ASSIGN_OR_RAISE(const int lock, TakeLock(own / "lock", directory));
  WriteHolder(lock);
  std::unique_ptr<OutputFolder> folder(
      new OutputFolder(directory, lock, std::move(before_step)));
  ARROW_ASSIGN_OR_RAISE(folder->finished_earlier_run_, folder->journal_.Finish());
  ARROW_RETURN_NOT_OK(RemoveAll(folder->staging()));
  ARROW_RETURN_NOT_OK(RemoveAll(own / kNewState));
  ARROW_RETURN_NOT_OK(MakeFolder(folder->staging()));
  return folder;
}

OutputFolder::~OutputFolder() {
  if (!commit_begun()) {
    // What cannot be removed now is removed by the next run.
    (void)RemoveAll(staging());
    (void)RemoveAll(root_ / kOwn / kNewState);
  }
  close(lock_);
}

fs::path OutputFolder::staging() const { return root_ / kOwn / kStaging; }
fs::path OutputFolder::state_file() const { return root_ / kOwn / kState; }

bool OutputFolder::commit_begun() const {
  // Where that cannot be seen, nothing may be thrown away.
  return journal_.begun().ValueOr(true);
}

arrow::Status OutputFolder::Commit(const std::vector<std::string>& files,
                                   const std::string& state) {
  const std::string own = std::string(kOwn) + "/";
  ARROW_RETURN_NOT_OK(WriteDurably(root_ / kOwn / kNewState, state));
  std::vector<FileMove> moves(files.size() + 1);
  std::transform(files.begin(), files.end(), moves.begin(), [](const std::string& file) {
    return FileMove{(fs::path(kOwn) / kStaging / file).string(), file};
  });
  // Last, though the order does not matter: no move counts before all are made.
  moves.back() = {own + kNewState, own + kState};
  arrow::Status committed = journal_.Commit(moves);
  if (committed.ok() || !commit_begun()) return committed;
  return committed.WithMessage(committed.message(), "; all rows are safe in ",
                               cq::Printable((root_ / kOwn).string()),
                               ", and the next run puts the files in place");
}

}  // namespace s3source
