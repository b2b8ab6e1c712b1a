#pragma once

#include <arrow/buffer.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <string>

#include "cloudquery/wire/ipc.h"

namespace cq {

/// Serialised Sync responses, written by hand so that large Arrow buffers inside are not
/// copied: the result's slices hold references on them. Pieces below 16 KiB are copied
/// together instead, as a reference costs more.
grpc::ByteBuffer FrameMigrateTable(std::shared_ptr<arrow::Buffer> schema_stream);
grpc::ByteBuffer FrameInsert(EncodedRecord record);
grpc::ByteBuffer FrameError(const std::string& table, const std::string& text);

}  // namespace cq
