#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloudquery/state/state.h"

namespace s3source {

/// A sync's state in a JSON file. Flush does not touch the file: it fixes what the file
/// will hold once the run is committed with its data.
class FileState final : public cq::State {
 public:
  /// From the file; empty when there is none. Invalid or IOError when it cannot be read:
  /// never an empty state in place of a lost one.
  static arrow::Result<FileState> Load(const std::filesystem::path& path);

  bool enabled() const override { return true; }
  std::string Get(std::string_view key) const override;
  std::vector<std::string> Keys(std::string_view prefix) const override;
  void Set(std::string_view key, std::string_view value) override;
  /// NotImplemented.
  arrow::Result<std::vector<std::string>> ReadTexts(const std::string& table,
                                                    const std::string& column) override;
  arrow::Status Flush() override;

  /// True once Flush was called.
  bool flushed() const { return flushed_.has_value(); }
  /// True when what was flushed differs from what was loaded.
  bool changed() const { return flushed_.has_value() && *flushed_ != loaded_; }
  /// The file's content as flushed. Invalid when it is not UTF-8.
  arrow::Result<std::string> Encode() const;

 private:
  using Values = std::map<std::string, std::string, std::less<>>;

  Values loaded_;
  Values values_;
  std::optional<Values> flushed_;
};

}  // namespace s3source
