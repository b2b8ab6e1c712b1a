#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>

namespace cq {

/// 0 to 7 zero bytes: what is missing from `size` to a multiple of 8.
inline int64_t PaddingOf(int64_t size) { return -size & 7; }

/// `count` zero bytes, 1 to 7. Shared by all streams.
const std::shared_ptr<arrow::Buffer>& ZeroBytes(int64_t count);

/// The end of an IPC stream after `padding` (0 to 7) zero bytes. Shared by all streams.
const std::shared_ptr<arrow::Buffer>& EndOfStream(int64_t padding);

/// The head of an IPC message: continuation mark, length, `metadata`, padding to 8.
arrow::Result<std::shared_ptr<arrow::Buffer>> MessageHead(const arrow::Buffer& metadata);

/// Invalid when a column is dictionary-encoded at any depth: a dictionary would need
/// messages of its own, and CloudQuery's destinations do not read them.
arrow::Status RefuseDictionaries(const arrow::Schema& schema);

}  // namespace cq
