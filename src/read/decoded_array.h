#pragma once

#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <cstdint>

namespace s3source {

/// Checks an array that the Parquet library has decoded, as far as a file can break it:
/// ValidateFull, but for types of fixed width of which every pattern of bits is a value.
arrow::Status CheckDecoded(const arrow::Array& array);

/// The bytes of all buffers of an array, its children and dictionaries. Of a slice, those
/// of the whole; what is shared counts twice.
int64_t BufferBytes(const arrow::ArrayData& array);

}  // namespace s3source
