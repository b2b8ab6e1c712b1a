#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <memory>
#include <string_view>

namespace cq {

/// CloudQuery's own Arrow extension types. They travel as their storage type with the
/// field metadata ARROW:extension:name and ARROW:extension:metadata; destinations reject
/// any other storage. Note that they are not Arrow's canonical arrow.uuid and arrow.json.
/// Never registered globally.
///
///   uuid  fixed_size_binary(16)  big-endian bytes          metadata uuid-serialized
///   json  binary                 valid UTF-8 JSON text     metadata json-serialized
///   inet  binary                 CIDR text with its /n     metadata inet-serialized
///   mac   binary                 6 or 8 raw bytes          metadata mac-serialized
std::shared_ptr<arrow::DataType> Uuid();
std::shared_ptr<arrow::DataType> Json();
std::shared_ptr<arrow::DataType> Inet();
std::shared_ptr<arrow::DataType> Mac();

/// The type above with this extension name, or null.
std::shared_ptr<arrow::DataType> ExtensionTypeByName(std::string_view name);

/// `schema` as read from the wire with the types above, at any depth, in place of the
/// storage types whose fields carry their metadata. Invalid when a field's storage is not
/// that of its extension.
arrow::Result<std::shared_ptr<arrow::Schema>> RestoreExtensionTypes(
    const std::shared_ptr<arrow::Schema>& schema);

}  // namespace cq
