#include "read/source_types.h"

#include <arrow/array/data.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/checked_cast.h>
#include <parquet/arrow/schema.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace s3source {

namespace {

using arrow::Type;
using arrow::internal::checked_cast;
using TypePtr = std::shared_ptr<arrow::DataType>;
using FieldPtr = std::shared_ptr<arrow::Field>;

TypePtr AsText(const TypePtr& type) {
  switch (type->id()) {
    case Type::BINARY:
      return arrow::utf8();
    case Type::LARGE_BINARY:
      return arrow::large_utf8();
    case Type::BINARY_VIEW:
      return arrow::utf8_view();
    case Type::DICTIONARY: {
      const auto& dictionary = checked_cast<const arrow::DictionaryType&>(*type);
      return arrow::dictionary(dictionary.index_type(), AsText(dictionary.value_type()),
                               dictionary.ordered());
    }
    default:
      return type;
  }
}

TypePtr AsInstant(const TypePtr& type) {
  if (type->id() != Type::TIMESTAMP) return type;
  const auto& timestamp = checked_cast<const arrow::TimestampType&>(*type);
  return timestamp.timezone().empty() ? arrow::timestamp(timestamp.unit(), "UTC") : type;
}

TypePtr LeafType(const parquet::ColumnDescriptor& column, const TypePtr& read) {
  if (column.logical_type() != nullptr && column.logical_type()->is_enum())
    return AsText(read);
  if (column.physical_type() == parquet::Type::INT96) return AsInstant(read);
  return read;
}

arrow::Result<TypePtr> WithChildren(const TypePtr& type,
                                    const std::vector<FieldPtr>& children) {
  switch (type->id()) {
    case Type::LIST:
      return arrow::list(children[0]);
    case Type::LARGE_LIST:
      return arrow::large_list(children[0]);
    case Type::LIST_VIEW:
      return arrow::list_view(children[0]);
    case Type::LARGE_LIST_VIEW:
      return arrow::large_list_view(children[0]);
    case Type::FIXED_SIZE_LIST:
      return arrow::fixed_size_list(
          children[0], checked_cast<const arrow::FixedSizeListType&>(*type).list_size());
    case Type::MAP:
      return arrow::MapType::Make(
          children[0], checked_cast<const arrow::MapType&>(*type).keys_sorted());
    case Type::STRUCT:
      return arrow::struct_(children);
    default:
      return type;
  }
}

arrow::Result<TypePtr> SourceType(const parquet::SchemaDescriptor& schema,
                                  const parquet::arrow::SchemaField& column,
                                  const TypePtr& read) {
  if (column.is_leaf()) return LeafType(*schema.Column(column.column_index), read);
  if (read->num_fields() != static_cast<int>(column.children.size())) return read;
  std::vector<FieldPtr> children;
  bool changed = false;
  for (int i = 0; i < read->num_fields(); ++i) {
    const FieldPtr& child = read->field(i);
    ARROW_ASSIGN_OR_RAISE(TypePtr type,
                          SourceType(schema, column.children[i], child->type()));
    changed |= type != child->type();
    children.push_back(child->WithType(type));
  }
  if (!changed) return read;
  return WithChildren(read, children);
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::Schema>> SourceSchema(
    const parquet::arrow::SchemaManifest& manifest, const arrow::Schema& read) {
  if (manifest.schema_fields.size() != static_cast<size_t>(read.num_fields())) {
    return arrow::Status::Invalid("its stored Arrow schema does not fit its columns");
  }
  std::vector<FieldPtr> fields;
  fields.reserve(read.num_fields());
  for (int i = 0; i < read.num_fields(); ++i) {
    ARROW_ASSIGN_OR_RAISE(
        TypePtr type,
        SourceType(*manifest.descr, manifest.schema_fields[i], read.field(i)->type()));
    fields.push_back(read.field(i)->WithType(type));
  }
  return arrow::schema(std::move(fields));
}

std::shared_ptr<arrow::ArrayData> Relabel(const arrow::ArrayData& array,
                                          const TypePtr& type) {
  std::shared_ptr<arrow::ArrayData> labelled = array.Copy();
  labelled->type = type;
  for (size_t i = 0; i < labelled->child_data.size(); ++i) {
    labelled->child_data[i] =
        Relabel(*labelled->child_data[i], type->field(static_cast<int>(i))->type());
  }
  if (labelled->dictionary != nullptr) {
    labelled->dictionary =
        Relabel(*labelled->dictionary,
                checked_cast<const arrow::DictionaryType&>(*type).value_type());
  }
  return labelled;
}

int DepthOf(const arrow::DataType& type) {
  if (type.id() == Type::EXTENSION) {
    return DepthOf(*checked_cast<const arrow::ExtensionType&>(type).storage_type());
  }
  int deepest = 0;
  for (const FieldPtr& child : type.fields())
    deepest = std::max(deepest, DepthOf(*child->type()));
  return deepest + 1;
}

}  // namespace s3source
