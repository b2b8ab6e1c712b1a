#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace s3source {

/// A file and where it goes; both relative to the journal's root.
struct FileMove {
  std::string from;
  std::string to;
};

/// Moves many files as one: after a crash at any moment either none of them is moved, or
/// the next Finish moves the rest. All paths are on one file system.
///
/// A commit is a file that lists the moves. It comes into being at once, by a rename, and
/// goes when every move is on the disk; while it is there, moving again does no harm.
class CommitJournal {
 public:
  /// Called with the name of each step before it is taken; an error ends the commit
  /// there, as a crash would. For tests.
  using StepHook = std::function<arrow::Status(std::string_view step)>;

  /// The journal is the file `name` in root. `root` exists.
  CommitJournal(std::filesystem::path root, const std::string& name,
                StepHook before_step = {});

  /// Moves all. The files at `from` are on the disk already (SyncToDisk). Folders that
  /// `to` needs are made. After an error, begun() tells what became of it.
  arrow::Status Commit(const std::vector<FileMove>& moves);
  /// Carries out a commit that was begun and not ended; true if there was one. What is
  /// left of one that was not begun is removed. To be called before Commit.
  arrow::Result<bool> Finish();
  /// True when there is a commit that Finish has to carry out.
  arrow::Result<bool> begun() const;

 private:
  arrow::Status Begin(const std::vector<FileMove>& moves);
  arrow::Status CarryOut(const std::vector<FileMove>& moves);
  arrow::Status Move(const FileMove& move);
  arrow::Status Step(std::string_view step) const;

  std::filesystem::path root_;
  std::filesystem::path path_;
  std::filesystem::path draft_;
  StepHook before_step_;
};

}  // namespace s3source
