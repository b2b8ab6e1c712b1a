#include "cloudquery/serve/server.h"

namespace cq {

arrow::Result<std::unique_ptr<Server>> Server::Start(SourcePlugin&, Logger&,
                                                     const Address&) {
  return arrow::Status::NotImplemented("server");
}

}  // namespace cq
