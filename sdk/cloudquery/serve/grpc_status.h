#pragma once

#include <arrow/status.h>
#include <grpcpp/support/status.h>

#include <optional>
#include <string_view>

namespace cq {

/// The one place where an arrow::Status becomes a gRPC status. The text is `context`
/// followed by the status's message, made printable and cut to 4 KiB. The code is that of
/// the status's ErrorKindDetail, if it has one, else of its arrow code. `code` replaces
/// the code that follows from the status (for verbs where a Go plugin always answers with
/// the same one), except that NotImplemented is always UNIMPLEMENTED.
grpc::Status ToGrpcStatus(const arrow::Status& status, std::string_view context = {},
                          std::optional<grpc::StatusCode> code = std::nullopt);

}  // namespace cq
