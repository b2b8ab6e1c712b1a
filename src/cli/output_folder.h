#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/commit_journal.h"

namespace s3source {

/// The directory that a stand-alone sync writes to, held by one process at a time.
///
///   DIR/<table>/<run>-N.parquet   what was committed, nothing else
///   DIR/.cq-source-s3/            lock, state.json, journal.json, staging/
class OutputFolder {
 public:
  /// Makes the directory where it is missing, takes its lock, finishes the commit of an
  /// earlier run that was cut off, and removes what such a run left uncommitted. Errors
  /// name the directory; that another process holds it is one.
  static arrow::Result<std::unique_ptr<OutputFolder>> Open(
      const std::filesystem::path& directory, CommitJournal::StepHook before_step = {});
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  /// Removes what was not committed.
  ~OutputFolder();

  std::filesystem::path staging() const;
  std::filesystem::path state_file() const;
  /// True when Open finished the commit of an earlier run.
  bool finished_earlier_run() const { return finished_earlier_run_; }

  /// Puts the staged `files` (relative to staging(), flushed) into the directory and
  /// `state` into the state file, all or nothing. After an error it says whether the next
  /// run will finish the job.
  arrow::Status Commit(const std::vector<std::string>& files, const std::string& state);
  /// True after a Commit that failed half-way: the next run finishes it.
  bool commit_begun() const;

 private:
  OutputFolder(std::filesystem::path root, int lock, CommitJournal::StepHook before_step);

  std::filesystem::path root_;
  int lock_;
  CommitJournal journal_;
  bool finished_earlier_run_ = false;
};

}  // namespace s3source
