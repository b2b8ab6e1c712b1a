#pragma once

#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <memory>

namespace s3source {

/// The form in which a column read from Parquet goes to destinations (docs/types.md has
/// the table): text types become utf8, bytes binary, dictionaries, views, run-ends and
/// nulls are decoded, lists of any kind become list; nested types are mapped inside and
/// kept. Children keep nullability and, but for a map's (entries, key, value), their
/// names; they lose their metadata. TypeError for what has no form (unions).
arrow::Result<std::shared_ptr<arrow::DataType>> MapType(
    const std::shared_ptr<arrow::DataType>& type);

/// The field as it goes to destinations: name and nullability kept, the type mapped, of
/// the metadata only cq:extension:* kept. A field that ARROW:extension:name and
/// ARROW:extension:metadata declare one of CloudQuery's extension types, on the storage
/// these have, gets that type.
arrow::Result<std::shared_ptr<arrow::Field>> MapField(const arrow::Field& field);

/// `array`, which is valid (ValidateFull), in the form `target`: MapType's of its type,
/// or MapField's of its field. No copy where the layout is already the same; what is
/// copied starts at offset 0 and holds nothing of values that are null or lie outside of
/// the slice. CapacityError when the values of one array no longer fit 32-bit offsets.
arrow::Result<std::shared_ptr<arrow::Array>> MapArray(
    const std::shared_ptr<arrow::Array>& array,
    const std::shared_ptr<arrow::DataType>& target,
    arrow::MemoryPool* pool = arrow::default_memory_pool());
/// The same, to MapType of its type.
arrow::Result<std::shared_ptr<arrow::Array>> MapArray(
    const std::shared_ptr<arrow::Array>& array);

}  // namespace s3source
