#pragma once

#include <arrow/status.h>

#include <string>

#include "store/s3_failure.h"

namespace s3source {

/// Whom requests are made to, as far as an error's text needs it.
struct S3Target {
  std::string bucket;
  std::string region;
  std::string url;      ///< the address that is connected to
  bool custom = false;  ///< not AWS's own address
  std::string profile;
  bool anonymous = false;  ///< nothing is signed
};

/// The Fault for a failed request: its text names the object or bucket, what happened and
/// what to do. Text of the server is made printable and loses what looks like a secret.
arrow::Status FaultOf(const S3Target& target, const S3Failure& failure);

}  // namespace s3source
