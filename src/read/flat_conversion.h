#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <memory>

namespace s3source {

/// The validity bitmap of an array with nulls, from its own offset to offset 0; null
/// without nulls.
arrow::Result<std::shared_ptr<arrow::Buffer>> ValidityFromZero(
    const arrow::ArrayData& array, arrow::MemoryPool* pool);

/// Conversions of arrays without children, each to an array at offset 0. The arrays are
/// valid.

/// large_utf8 or large_binary to `target`, utf8 or binary. The bytes are shared.
arrow::Result<std::shared_ptr<arrow::Array>> NarrowOffsets(
    const arrow::ArrayData& array, const std::shared_ptr<arrow::DataType>& target,
    arrow::MemoryPool* pool);
/// utf8_view or binary_view to `target`, utf8 or binary.
arrow::Result<std::shared_ptr<arrow::Array>> ViewsToOffsets(
    const arrow::Array& array, const std::shared_ptr<arrow::DataType>& target,
    arrow::MemoryPool* pool);
/// fixed_size_binary to binary. The bytes are shared when nothing is null.
arrow::Result<std::shared_ptr<arrow::Array>> FixedSizeToBinary(
    const arrow::ArrayData& array, arrow::MemoryPool* pool);
/// float16 to float32, exactly.
arrow::Result<std::shared_ptr<arrow::Array>> HalfToFloat(const arrow::ArrayData& array,
                                                         arrow::MemoryPool* pool);
/// decimal32 or decimal64 to `target`, decimal128 of the same precision and scale.
arrow::Result<std::shared_ptr<arrow::Array>> WidenDecimal(
    const arrow::ArrayData& array, const std::shared_ptr<arrow::DataType>& target,
    arrow::MemoryPool* pool);
/// The int8 storage of arrow.bool8, where anything but 0 is true, to bool.
arrow::Result<std::shared_ptr<arrow::Array>> Int8ToBool(const arrow::ArrayData& array,
                                                        arrow::MemoryPool* pool);

}  // namespace s3source
