#include "cli/parquet_form.h"

#include <arrow/array.h>
#include <arrow/extension/json.h>
#include <arrow/extension/uuid.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <string>
#include <utility>
#include <vector>

#include "cloudquery/log/printable.h"

namespace s3source {

namespace {

using TypePtr = std::shared_ptr<arrow::DataType>;

/// How values lie in memory, whatever they are called.
const TypePtr& Storage(const TypePtr& type) {
  if (type->id() != arrow::Type::EXTENSION) return type;
  return static_cast<const arrow::ExtensionType&>(*type).storage_type();
}

TypePtr ExtensionForm(const arrow::ExtensionType& type) {
  const std::string name = type.extension_name();
  if (name == "uuid") return arrow::extension::uuid();
  if (name == "json") return arrow::extension::json(arrow::utf8());
  if (name == "inet") return arrow::utf8();
  return ParquetForm(type.storage_type());
}

std::shared_ptr<arrow::Field> FieldForm(const std::shared_ptr<arrow::Field>& field) {
  return field->WithType(ParquetForm(field->type()));
}

/// Every form has the layout of the type it stands for, so only the names change.
std::shared_ptr<arrow::ArrayData> WithForm(const arrow::ArrayData& data,
                                           const TypePtr& form) {
  auto result = data.Copy();
  result->type = form;
  const TypePtr& storage = Storage(form);
  for (size_t i = 0; i < result->child_data.size(); ++i) {
    const TypePtr& child = storage->field(static_cast<int>(i))->type();
    result->child_data[i] = WithForm(*result->child_data[i], child);
  }
  return result;
}

}  // namespace

TypePtr ParquetForm(const TypePtr& type) {
  switch (type->id()) {
    case arrow::Type::EXTENSION:
      return ExtensionForm(static_cast<const arrow::ExtensionType&>(*type));
    case arrow::Type::LIST:
      return arrow::list(FieldForm(type->field(0)));
    case arrow::Type::LARGE_LIST:
      return arrow::large_list(FieldForm(type->field(0)));
    case arrow::Type::FIXED_SIZE_LIST:
      return arrow::fixed_size_list(
          FieldForm(type->field(0)),
          static_cast<const arrow::FixedSizeListType&>(*type).list_size());
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(*type);
      return std::make_shared<arrow::MapType>(
          FieldForm(map.key_field()), FieldForm(map.item_field()), map.keys_sorted());
    }
    case arrow::Type::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& field : type->fields()) fields.push_back(FieldForm(field));
      return arrow::struct_(fields);
    }
    default:
      return type;
  }
}

std::shared_ptr<arrow::Schema> ParquetSchema(const cq::Table& table) {
  arrow::FieldVector fields;
  for (const cq::Column& column : table.columns) {
    fields.push_back(
        arrow::field(column.name, ParquetForm(column.type), !column.not_null));
  }
  return arrow::schema(std::move(fields));
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> InParquetForm(
    const arrow::RecordBatch& batch, const std::shared_ptr<arrow::Schema>& schema) {
  if (batch.num_columns() != schema->num_fields()) {
    return arrow::Status::Invalid("rows with ", batch.num_columns(),
                                  " columns, announced ", schema->num_fields());
  }
  std::vector<std::shared_ptr<arrow::ArrayData>> columns;
  for (int i = 0; i < batch.num_columns(); ++i) {
    const auto& field = schema->field(i);
    const arrow::ArrayData& data = *batch.column_data(i);
    if (!ParquetForm(data.type)->Equals(*field->type())) {
      return arrow::Status::Invalid("column ", cq::Printable(field->name()),
                                    " arrived as ", data.type->ToString(),
                                    ", announced as ", field->type()->ToString());
    }
    columns.push_back(WithForm(data, field->type()));
  }
  return arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
}

}  // namespace s3source
