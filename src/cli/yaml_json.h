#pragma once

#include <arrow/result.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "store/s3_options.h"

namespace s3source {

/// A YAML document as JSON.
struct YamlDocument {
  nlohmann::ordered_json value;
  /// The line (from 1) of each value, by its JSON pointer ("" is the document's).
  std::map<std::string, int> lines;

  /// The line of `pointer`, or of its nearest parent that has one.
  int LineOf(std::string pointer) const;
};

/// Every document of a CloudQuery configuration, empty ones left out, with the types that
/// CloudQuery's CLI gives to scalars: YAML 1.1 (yes, no, on, off, y and n are booleans,
/// also as keys; 017 and 0o17 are octal), quoted text stays text, integers are exact,
/// dates are text. `${NAME}` and `${file:PATH}` are replaced outside comments; an
/// unquoted one may hold any YAML, for example a list.
///
/// Invalid is `file:line: text`. It never holds a value of a variable.
arrow::Result<std::vector<YamlDocument>> ParseYaml(std::string_view text,
                                                   const std::string& file,
                                                   const Environment& environment);

}  // namespace s3source
