#pragma once

#include <stop_token>

#include "cloudquery/serve/source_plugin.h"
#include "spec/spec.h"
#include "store/object_store.h"

namespace s3source {

/// Whether `store` can be listed under the spec's prefix and, if a Parquet object shows
/// up on the first page, whether it can be read. A failure's description says what is
/// missing.
cq::ConnectionTest TestStore(ObjectStore& store, const Spec& spec, std::stop_token stop);

/// The failed test that `status` amounts to, with CloudQuery's code for it.
cq::ConnectionTest FailedTest(const arrow::Status& status);

}  // namespace s3source
