#include "cloudquery/serve/grpc_status.h"

#include <memory>
#include <string>

#include "cloudquery/log/printable.h"
#include "cloudquery/serve/error_kind.h"

namespace cq {
namespace {

constexpr size_t kMaxTextBytes = 4096;

ErrorKind KindOf(const arrow::Status& status) {
  const auto detail = std::dynamic_pointer_cast<ErrorKindDetail>(status.detail());
  return detail == nullptr ? ErrorKind::kOther : detail->kind();
}

grpc::StatusCode CodeOf(const arrow::Status& status) {
  switch (KindOf(status)) {
    case ErrorKind::kPermissionDenied:
      return grpc::StatusCode::PERMISSION_DENIED;
    case ErrorKind::kUnauthenticated:
      return grpc::StatusCode::UNAUTHENTICATED;
    case ErrorKind::kNotFound:
      return grpc::StatusCode::NOT_FOUND;
    case ErrorKind::kInvalidArgument:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case ErrorKind::kOther:
      break;
  }
  switch (status.code()) {
    case arrow::StatusCode::OK:
      return grpc::StatusCode::OK;
    case arrow::StatusCode::OutOfMemory:
    case arrow::StatusCode::CapacityError:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case arrow::StatusCode::KeyError:
      return grpc::StatusCode::NOT_FOUND;
    case arrow::StatusCode::TypeError:
    case arrow::StatusCode::Invalid:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case arrow::StatusCode::IOError:
      return grpc::StatusCode::UNAVAILABLE;
    case arrow::StatusCode::IndexError:
      return grpc::StatusCode::OUT_OF_RANGE;
    case arrow::StatusCode::Cancelled:
      return grpc::StatusCode::CANCELLED;
    case arrow::StatusCode::NotImplemented:
      return grpc::StatusCode::UNIMPLEMENTED;
    case arrow::StatusCode::SerializationError:
      return grpc::StatusCode::DATA_LOSS;
    case arrow::StatusCode::AlreadyExists:
      return grpc::StatusCode::ALREADY_EXISTS;
    case arrow::StatusCode::UnknownError:
      return grpc::StatusCode::UNKNOWN;
    default:
      return grpc::StatusCode::INTERNAL;
  }
}

}  // namespace

grpc::Status ToGrpcStatus(const arrow::Status& status, std::string_view context,
                          std::optional<grpc::StatusCode> code) {
  if (status.ok()) return grpc::Status::OK;
  std::string text(context);
  text += status.message();
  const bool keep = !code || status.IsNotImplemented();
  return {keep ? CodeOf(status) : *code, Printable(text, kMaxTextBytes)};
}

}  // namespace cq
