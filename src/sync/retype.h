#pragma once

#include <arrow/type_fwd.h>

#include <memory>

namespace s3source {

/// `batch` under `schema`, which has its columns but may allow more nulls (at any depth)
/// and name list items and map entries otherwise. Shares all memory.
std::shared_ptr<arrow::RecordBatch> Retype(const arrow::RecordBatch& batch,
                                           const std::shared_ptr<arrow::Schema>& schema);

}  // namespace s3source
