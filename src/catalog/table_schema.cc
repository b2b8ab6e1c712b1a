#include "catalog/table_schema.h"

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catalog/schema_difference.h"
#include "cloudquery/schema/table.h"

namespace s3source {
namespace {

using DataTypePtr = std::shared_ptr<arrow::DataType>;
using FieldPtr = std::shared_ptr<arrow::Field>;

FieldPtr MergeFields(const FieldPtr& known, const FieldPtr& incoming);

/// Null where the two do not go together, here and below.
arrow::FieldVector MergeChildren(const arrow::DataType& known,
                                 const arrow::DataType& incoming) {
  arrow::FieldVector children;
  for (int i = 0; i < known.num_fields(); ++i) {
    FieldPtr child = MergeFields(known.field(i), incoming.field(i));
    if (!child) return {};
    children.push_back(std::move(child));
  }
  return children;
}

DataTypePtr MergeStructs(const arrow::DataType& known, const arrow::DataType& incoming) {
  if (known.num_fields() != incoming.num_fields()) return nullptr;
  for (int i = 0; i < known.num_fields(); ++i) {
    if (known.field(i)->name() != incoming.field(i)->name()) return nullptr;
  }
  const auto children = MergeChildren(known, incoming);
  return children.empty() ? nullptr : arrow::struct_(children);
}

DataTypePtr MergeMaps(const arrow::MapType& known, const arrow::MapType& incoming) {
  const FieldPtr key = MergeFields(known.key_field(), incoming.key_field());
  const FieldPtr item = MergeFields(known.item_field(), incoming.item_field());
  if (!key || !item) return nullptr;
  return std::make_shared<arrow::MapType>(
      known.value_field()->WithType(arrow::struct_({key, item})),
      known.keys_sorted() && incoming.keys_sorted());
}

DataTypePtr MergeTypes(const DataTypePtr& known, const DataTypePtr& incoming) {
  if (known->Equals(*incoming)) return known;
  if (known->id() != incoming->id()) return nullptr;
  switch (known->id()) {
    case arrow::Type::STRUCT:
      return MergeStructs(*known, *incoming);
    case arrow::Type::MAP:
      return MergeMaps(static_cast<const arrow::MapType&>(*known),
                       static_cast<const arrow::MapType&>(*incoming));
    case arrow::Type::LIST: {
      auto item = MergeChildren(*known, *incoming);
      return item.empty() ? nullptr : arrow::list(item[0]);
    }
    case arrow::Type::LARGE_LIST: {
      auto item = MergeChildren(*known, *incoming);
      return item.empty() ? nullptr : arrow::large_list(item[0]);
    }
    case arrow::Type::FIXED_SIZE_LIST: {
      const int32_t size =
          static_cast<const arrow::FixedSizeListType&>(*known).list_size();
      if (size != static_cast<const arrow::FixedSizeListType&>(*incoming).list_size()) {
        return nullptr;
      }
      auto item = MergeChildren(*known, *incoming);
      return item.empty() ? nullptr : arrow::fixed_size_list(item[0], size);
    }
    default:
      return nullptr;
  }
}

FieldPtr MergeFields(const FieldPtr& known, const FieldPtr& incoming) {
  const DataTypePtr type = MergeTypes(known->type(), incoming->type());
  if (!type) return nullptr;
  const bool nullable = known->nullable() || incoming->nullable();
  if (nullable == known->nullable() && type->Equals(*known->type())) return known;
  return known->WithType(type)->WithNullable(nullable);
}

}  // namespace

arrow::Result<cq::Table> MakeTable(const std::string& name,
                                   const arrow::Schema& file_schema) {
  // A file written by a CloudQuery destination tells of the table it came from, too: that
  // table is not ours.
  const auto own_metadata = arrow::key_value_metadata({"cq:table_name"}, {name});
  ARROW_ASSIGN_OR_RAISE(cq::Table table,
                        cq::FromArrowSchema(*file_schema.WithMetadata(own_metadata)));
  table.is_incremental = true;
  if (file_schema.GetFieldIndex(cq::kCqId) < 0) {
    const bool has_primary_key =
        std::any_of(table.columns.begin(), table.columns.end(),
                    [](const cq::Column& column) { return column.primary_key; });
    table.columns.insert(table.columns.begin(),
                         {cq::CqIdColumn(!has_primary_key), cq::CqParentIdColumn()});
  }
  ARROW_RETURN_NOT_OK(cq::ValidateTables({table}));
  return table;
}

arrow::Result<std::shared_ptr<arrow::Schema>> MergeSchemas(
    const std::shared_ptr<arrow::Schema>& known, const arrow::Schema& incoming) {
  arrow::FieldVector merged;
  bool changed = false;
  bool same_names = known->num_fields() == incoming.num_fields();
  for (int i = 0; same_names && i < known->num_fields(); ++i) {
    same_names = known->field(i)->name() == incoming.field(i)->name();
  }
  for (int i = 0; same_names && i < known->num_fields(); ++i) {
    merged.push_back(MergeFields(known->field(i), incoming.field(i)));
    if (!merged.back()) same_names = false;
    changed = changed || merged.back() != known->field(i);
  }
  if (!same_names) return arrow::Status::Invalid(DescribeDifference(*known, incoming));
  return changed ? arrow::schema(std::move(merged), known->metadata()) : known;
}

}  // namespace s3source
