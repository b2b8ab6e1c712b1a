#include "cli/file_state.h"

#include <exception>
#include <functional>
#include <nlohmann/json.hpp>

#include "cli/durable_file.h"
#include "cli/text_file.h"
#include "cloudquery/log/printable.h"

namespace s3source {

namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr int64_t kMaxStateBytes = 1 << 30;

}  // namespace

arrow::Result<FileState> FileState::Load(const std::filesystem::path& path) {
  FileState state;
  ARROW_ASSIGN_OR_RAISE(const bool exists, Exists(path));
  if (!exists) return state;
  ARROW_ASSIGN_OR_RAISE(const std::string text, ReadTextFile(path, kMaxStateBytes));
  const auto broken = [&path] {
    return arrow::Status::Invalid(
        "the state file ", cq::Printable(path.string()),
        " is not readable; it was written by another version or changed by hand. Restore "
        "it, or start again in an empty directory");
  };
  const json file = json::parse(text, nullptr, false);
  if (!file.is_object() || file.value("version", json()) != kVersion) return broken();
  const json values = file.value("values", json());
  if (!values.is_object()) return broken();
  for (const auto& [key, value] : values.items()) {
    if (!value.is_string()) return broken();
    state.values_.emplace(key, value.get<std::string>());
  }
  state.loaded_ = state.values_;
  return state;
}

std::string FileState::Get(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::string() : found->second;
}

std::vector<std::string> FileState::Keys(std::string_view prefix) const {
  return cq::KeysIn(values_, prefix, std::identity());
}

void FileState::Set(std::string_view key, std::string_view value) {
  values_.insert_or_assign(std::string(key), std::string(value));
}

arrow::Result<std::vector<std::string>> FileState::ReadTexts(const std::string& table,
                                                             const std::string&) {
  return arrow::Status::NotImplemented("no destination to read the table ", table,
                                       " from");
}

arrow::Status FileState::Flush() {
  flushed_ = values_;
  return arrow::Status::OK();
}

arrow::Result<std::string> FileState::Encode() const {
  try {
    const json values = flushed_.value_or(loaded_);
    return json{{"version", kVersion}, {"values", values}}.dump(1) + "\n";
  } catch (const std::exception& error) {
    return arrow::Status::Invalid("the state cannot be stored: ",
                                  cq::Printable(error.what()));
  }
}

}  // namespace s3source
