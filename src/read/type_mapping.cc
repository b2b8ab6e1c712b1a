#include "read/type_mapping.h"

#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/checked_cast.h>
#include <arrow/util/key_value_metadata.h>

#include <string>
#include <string_view>
#include <vector>

#include "cloudquery/schema/extension_types.h"

namespace s3source {

namespace {

using arrow::Type;
using arrow::internal::checked_cast;
using TypePtr = std::shared_ptr<arrow::DataType>;
using FieldPtr = std::shared_ptr<arrow::Field>;

constexpr std::string_view kFlagPrefix = "cq:extension:";
constexpr char kExtensionName[] = "ARROW:extension:name";
constexpr char kExtensionMetadata[] = "ARROW:extension:metadata";

/// CloudQuery's extension type that the field's metadata declares and its storage fits,
/// or null.
TypePtr DeclaredExtension(const arrow::Field& field) {
  if (!field.HasMetadata()) return nullptr;
  const auto name = field.metadata()->Get(kExtensionName);
  const auto metadata = field.metadata()->Get(kExtensionMetadata);
  if (!name.ok() || !metadata.ok()) return nullptr;
  const TypePtr type = cq::ExtensionTypeByName(*name);
  if (type == nullptr) return nullptr;
  const auto& extension = checked_cast<const arrow::ExtensionType&>(*type);
  const bool fits = extension.Serialize() == *metadata &&
                    extension.storage_type()->Equals(*field.type());
  return fits ? type : nullptr;
}

std::shared_ptr<const arrow::KeyValueMetadata> FlagsOf(const arrow::Field& field) {
  if (!field.HasMetadata()) return nullptr;
  auto flags = std::make_shared<arrow::KeyValueMetadata>();
  for (int64_t i = 0; i < field.metadata()->size(); ++i) {
    const std::string& key = field.metadata()->key(i);
    if (key.starts_with(kFlagPrefix)) flags->Append(key, field.metadata()->value(i));
  }
  return flags->size() > 0 ? flags : nullptr;
}

/// Flags describe columns, not what is inside one.
arrow::Result<FieldPtr> MapChild(const arrow::Field& field) {
  ARROW_ASSIGN_OR_RAISE(FieldPtr mapped, MapField(field));
  return mapped->RemoveMetadata();
}

arrow::Result<TypePtr> MapExtension(const TypePtr& type) {
  const auto& extension = checked_cast<const arrow::ExtensionType&>(*type);
  const std::string name = extension.extension_name();
  if (name == "arrow.uuid") return cq::Uuid();
  if (name == "arrow.bool8") return arrow::boolean();
  const TypePtr ours = cq::ExtensionTypeByName(name);
  if (ours != nullptr && ours->Equals(*type)) return type;
  return MapType(extension.storage_type());
}

arrow::Result<TypePtr> MapMap(const TypePtr& type) {
  const auto& map = checked_cast<const arrow::MapType&>(*type);
  ARROW_ASSIGN_OR_RAISE(FieldPtr key, MapChild(*map.key_field()));
  ARROW_ASSIGN_OR_RAISE(FieldPtr item, MapChild(*map.item_field()));
  // Writers name these in many ways, and names would keep the files of one table apart.
  const auto entries = arrow::struct_({key->WithName("key"), item->WithName("value")});
  return arrow::MapType::Make(arrow::field("entries", entries, /*nullable=*/false),
                              map.keys_sorted());
}

arrow::Result<TypePtr> MapStruct(const arrow::DataType& type) {
  std::vector<FieldPtr> children;
  children.reserve(type.num_fields());
  for (const FieldPtr& child : type.fields()) {
    ARROW_ASSIGN_OR_RAISE(children.emplace_back(), MapChild(*child));
  }
  return arrow::struct_(children);
}

}  // namespace

arrow::Result<TypePtr> MapType(const TypePtr& type) {
  switch (type->id()) {
    case Type::BOOL:
    case Type::UINT8:
    case Type::INT8:
    case Type::UINT16:
    case Type::INT16:
    case Type::UINT32:
    case Type::INT32:
    case Type::UINT64:
    case Type::INT64:
    case Type::FLOAT:
    case Type::DOUBLE:
    case Type::STRING:
    case Type::BINARY:
    case Type::DATE32:
    case Type::DATE64:
    case Type::TIMESTAMP:
    case Type::TIME32:
    case Type::TIME64:
    case Type::INTERVAL_MONTHS:
    case Type::INTERVAL_DAY_TIME:
    case Type::INTERVAL_MONTH_DAY_NANO:
    case Type::DURATION:
    case Type::DECIMAL128:
    case Type::DECIMAL256:
      return type;
    case Type::HALF_FLOAT:
      return arrow::float32();
    case Type::DECIMAL32:
    case Type::DECIMAL64: {
      const auto& decimal = checked_cast<const arrow::DecimalType&>(*type);
      return arrow::Decimal128Type::Make(decimal.precision(), decimal.scale());
    }
    case Type::NA:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
      return arrow::utf8();
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
    case Type::FIXED_SIZE_BINARY:
      return arrow::binary();
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::FIXED_SIZE_LIST:
    case Type::LIST_VIEW:
    case Type::LARGE_LIST_VIEW: {
      ARROW_ASSIGN_OR_RAISE(FieldPtr child, MapChild(*type->field(0)));
      return arrow::list(child);
    }
    case Type::STRUCT:
      return MapStruct(*type);
    case Type::MAP:
      return MapMap(type);
    case Type::DICTIONARY:
      return MapType(checked_cast<const arrow::DictionaryType&>(*type).value_type());
    case Type::RUN_END_ENCODED:
      return MapType(checked_cast<const arrow::RunEndEncodedType&>(*type).value_type());
    case Type::EXTENSION:
      return MapExtension(type);
    default:
      return arrow::Status::TypeError("no destination takes values of type ",
                                      type->ToString());
  }
}

arrow::Result<FieldPtr> MapField(const arrow::Field& field) {
  TypePtr type = DeclaredExtension(field);
  if (type == nullptr) {
    ARROW_ASSIGN_OR_RAISE(type, MapType(field.type()));
  }
  return arrow::field(field.name(), std::move(type), field.nullable(), FlagsOf(field));
}

}  // namespace s3source
