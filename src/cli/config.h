#pragma once

#include <arrow/result.h>

#include <string>
#include <vector>

#include "cloudquery/schema/filter.h"
#include "store/s3_options.h"

namespace s3source {

/// What the stand-alone commands need of a `kind: source` document.
struct SourceConfig {
  std::string name;
  cq::TableFilter filter;  ///< tables: ["*"] where the document has none
  std::string spec_json;   ///< the plugin's own `spec:` block, "{}" when there is none
  std::string location;    ///< `file:line` of that block, for error texts
  std::vector<std::string>
      notes;  ///< what of the document has no effect here, for people
};

/// Reads an ordinary CloudQuery configuration file and takes its source; with several,
/// the one of the name `source`. Documents of other kinds are not looked into. Every
/// error is one or two lines that begin with the file's name.
arrow::Result<SourceConfig> LoadConfig(const std::string& file, const std::string& source,
                                       const Environment& environment);

}  // namespace s3source
