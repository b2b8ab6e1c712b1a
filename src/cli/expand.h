#pragma once

#include <arrow/result.h>

#include <string>
#include <string_view>
#include <vector>

#include "store/s3_options.h"

namespace s3source {

/// The `${NAME}` and `${file:PATH}` of a configuration text.
///
/// The text is parsed with a mark in place of each variable, and values are put in when
/// the YAML is known: what stands in a comment is never looked up, and a value inside
/// quotes stays text, whatever characters it holds.
class Variables {
 public:
  /// `environment` outlives this. A `${` without a `}` on its line is plain text.
  Variables(std::string_view text, const Environment& environment);

  /// The text with marks: as many lines as the original.
  const std::string& marked_text() const { return marked_text_; }
  bool Marked(std::string_view text) const;
  /// `text` with the values in place of the marks. KeyError names a variable that is not
  /// set, IOError a file that cannot be read.
  arrow::Result<std::string> Fill(std::string_view text) const;
  /// `text` with the marks as they were written, `${NAME}`.
  std::string Unmark(std::string_view text) const;

 private:
  arrow::Result<std::string> ValueOf(const std::string& name) const;

  const Environment& environment_;
  std::string mark_;  ///< occurs nowhere in the original text
  std::string marked_text_;
  std::vector<std::string> names_;
};

}  // namespace s3source
