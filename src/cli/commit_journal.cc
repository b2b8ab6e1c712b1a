#include "cli/commit_journal.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "cli/durable_file.h"
#include "cli/text_file.h"
#include "cloudquery/log/printable.h"

namespace s3source {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kVersion = 1;
constexpr int64_t kMaxJournalBytes = 256 << 20;

std::string Encode(const std::vector<FileMove>& moves) {
  json list = json::array();
  for (const FileMove& move : moves)
    list.push_back({{"from", move.from}, {"to", move.to}});
  return json{{"version", kVersion}, {"moves", std::move(list)}}.dump(1) + "\n";
}

/// A path that stays below the root.
bool Inside(const std::string& path) {
  const fs::path normal = fs::path(path).lexically_normal();
  return !path.empty() && normal.is_relative() && *normal.begin() != "..";
}

arrow::Result<std::vector<FileMove>> Decode(const std::string& text,
                                            const fs::path& path) {
  const auto broken = [&path] {
    return arrow::Status::Invalid(
        "the journal ", cq::Printable(path.string()),
        " is not readable; it was written by another version or changed by hand. Delete "
        "it to give up the run it belongs to");
  };
  const json journal = json::parse(text, nullptr, false);
  if (!journal.is_object() || journal.value("version", json()) != kVersion) {
    return broken();
  }
  std::vector<FileMove> moves;
  const json list = journal.value("moves", json());
  if (!list.is_array()) return broken();
  for (const json& item : list) {
    if (!item.is_object()) return broken();
    const json from = item.value("from", json());
    const json to = item.value("to", json());
    if (!from.is_string() || !to.is_string() || !Inside(from) || !Inside(to)) {
      return broken();
    }
    moves.push_back({from, to});
  }
  return moves;
}

}  // namespace

CommitJournal::CommitJournal(fs::path root, const std::string& name, StepHook before_step)
    : root_(std::move(root)),
      path_(root_ / name),
      draft_(root_ / (name + ".draft")),
      before_step_(std::move(before_step)) {}

arrow::Status CommitJournal::Step(std::string_view step) const {
  return before_step_ ? before_step_(step) : arrow::Status::OK();
}

arrow::Status CommitJournal::Commit(const std::vector<FileMove>& moves) {
  ARROW_RETURN_NOT_OK(Begin(moves));
  return CarryOut(moves);
}

arrow::Result<bool> CommitJournal::begun() const { return Exists(path_); }

arrow::Result<bool> CommitJournal::Finish() {
  ARROW_RETURN_NOT_OK(RemoveAll(draft_));
  ARROW_ASSIGN_OR_RAISE(const bool pending, begun());
  if (!pending) return false;
  ARROW_ASSIGN_OR_RAISE(const std::string text, ReadTextFile(path_, kMaxJournalBytes));
  ARROW_ASSIGN_OR_RAISE(const auto moves, Decode(text, path_));
  ARROW_RETURN_NOT_OK(CarryOut(moves));
  return true;
}

arrow::Status CommitJournal::Begin(const std::vector<FileMove>& moves) {
  ARROW_RETURN_NOT_OK(Step("write draft"));
  ARROW_RETURN_NOT_OK(WriteDurably(draft_, Encode(moves)));
  // The names in the folders the files come from must not be lost either.
  std::set<fs::path> folders;
  for (const FileMove& move : moves) folders.insert((root_ / move.from).parent_path());
  for (const fs::path& folder : folders) ARROW_RETURN_NOT_OK(SyncToDisk(folder));
  ARROW_RETURN_NOT_OK(Step("begin"));
  ARROW_RETURN_NOT_OK(RenameFile(draft_, path_));
  ARROW_RETURN_NOT_OK(Step("flush begin"));
  return SyncToDisk(path_.parent_path());
}

arrow::Status CommitJournal::CarryOut(const std::vector<FileMove>& moves) {
  std::set<fs::path> folders;
  for (const FileMove& move : moves) {
    ARROW_RETURN_NOT_OK(Step("move"));
    ARROW_RETURN_NOT_OK(Move(move));
    folders.insert((root_ / move.to).parent_path());
  }
  ARROW_RETURN_NOT_OK(Step("flush moves"));
  for (const fs::path& folder : folders) ARROW_RETURN_NOT_OK(SyncToDisk(folder));
  ARROW_RETURN_NOT_OK(Step("end"));
  ARROW_RETURN_NOT_OK(RemoveAll(path_));
  ARROW_RETURN_NOT_OK(Step("flush end"));
  return SyncToDisk(path_.parent_path());
}

arrow::Status CommitJournal::Move(const FileMove& move) {
  const fs::path from = root_ / move.from;
  const fs::path to = root_ / move.to;
  ARROW_ASSIGN_OR_RAISE(const bool waiting, Exists(from));
  if (!waiting) {
    ARROW_ASSIGN_OR_RAISE(const bool moved, Exists(to));
    if (moved) return arrow::Status::OK();
    return arrow::Status::IOError("an earlier run was not finished, and its file ",
                                  cq::Printable(to.string()), " is neither there nor at ",
                                  cq::Printable(from.string()),
                                  ". If you took the file away, put it back; or delete ",
                                  cq::Printable(path_.string()), " to give up that run");
  }
  ARROW_RETURN_NOT_OK(MakeFolder(to.parent_path()));
  return RenameFile(from, to);
}

}  // namespace s3source
