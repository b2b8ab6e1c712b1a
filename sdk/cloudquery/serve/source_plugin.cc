#include "cloudquery/serve/source_plugin.h"

namespace cq {

arrow::Result<ConnectionTest> SourcePlugin::TestConnection(const std::string&,
                                                           std::stop_token) {
  return arrow::Status::NotImplemented(
      "TestConnection feature is not implemented in this plugin");
}

}  // namespace cq
