#pragma once

#include <arrow/status.h>

namespace cq {

/// What an error is about, where arrow's codes do not tell it apart.
enum class ErrorKind {
  kOther,  ///< the arrow code tells
  kPermissionDenied,
  kUnauthenticated,
  kNotFound,
  kInvalidArgument,
};

/// The detail of a status that knows its kind: ToGrpcStatus answers with the kind's code.
class ErrorKindDetail : public arrow::StatusDetail {
 public:
  virtual ErrorKind kind() const = 0;
};

}  // namespace cq
