#include <arrow/extension_type.h>
#include <arrow/result.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloudquery/log/printable.h"
#include "cloudquery/schema/extension_types.h"
#include "cloudquery/schema/table.h"

namespace cq {
namespace {

constexpr char kTableName[] = "cq:table_name";
constexpr char kTableDescription[] = "cq:table_description";
constexpr char kTableTitle[] = "cq:table_title";
constexpr char kTableDependsOn[] = "cq:table_depends_on";
constexpr char kTablePaid[] = "cq:table_paid";
constexpr char kTablePermissionsNeeded[] = "cq:table_permissions_needed";
constexpr char kTableSensitiveColumns[] = "cq:table_sensitive_columns";
constexpr char kConstraintName[] = "cq:extension:constraint_name";
constexpr char kIncremental[] = "cq:extension:incremental";  // of a table and of a column
constexpr char kPrimaryKey[] = "cq:extension:primary_key";
constexpr char kPrimaryKeyComponent[] = "cq:extension:primary_key_component";
constexpr char kTypeSchema[] = "cq:extension:type_schema";
constexpr char kUnique[] = "cq:extension:unique";
constexpr char kExtensionName[] = "ARROW:extension:name";
constexpr char kExtensionMetadata[] = "ARROW:extension:metadata";
constexpr char kTrue[] = "true";

using Metadata = arrow::KeyValueMetadata;

std::string BoolText(bool value) { return value ? kTrue : "false"; }

// Go's encoding/json writes these characters as escapes.
std::string EscapeAsGo(const std::string& json) {
  constexpr std::pair<std::string_view, std::string_view> kEscapes[] = {
      {"<", "\\u003c"},
      {">", "\\u003e"},
      {"&", "\\u0026"},
      {"\u2028", "\\u2028"},
      {"\u2029", "\\u2029"}};
  std::string escaped;
  for (std::string_view rest = json; !rest.empty();) {
    std::string_view taken = rest.substr(0, 1);
    std::string_view written = taken;
    for (const auto& [from, to] : kEscapes) {
      if (rest.starts_with(from)) {
        taken = from;
        written = to;
      }
    }
    escaped += written;
    rest.remove_prefix(taken.size());
  }
  return escaped;
}

std::string ListText(const std::vector<std::string>& values) {
  if (values.empty()) return "null";
  return EscapeAsGo(nlohmann::json(values).dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::vector<std::string> ParseList(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> values;
  if (!json.is_array()) return values;
  for (const auto& value : json) {
    if (value.is_string()) values.push_back(value.get<std::string>());
  }
  return values;
}

std::string Value(const Metadata* metadata, const char* key) {
  if (metadata == nullptr) return {};
  const int index = metadata->FindKey(key);
  return index < 0 ? std::string() : metadata->value(index);
}

bool IsTrue(const Metadata* metadata, const char* key) {
  return Value(metadata, key) == kTrue;
}

std::shared_ptr<arrow::Field> ToArrowField(const Column& column) {
  return arrow::field(
      column.name, column.type, !column.not_null,
      Metadata::Make(
          {kIncremental, kPrimaryKey, kPrimaryKeyComponent, kTypeSchema, kUnique},
          {BoolText(column.incremental_key), BoolText(column.primary_key),
           BoolText(column.primary_key_component), column.type_schema,
           BoolText(column.unique)}));
}

arrow::Result<std::shared_ptr<arrow::Field>> WithExtensions(
    const std::shared_ptr<arrow::Field>& field);

// `type` with the extension types of its children restored.
arrow::Result<std::shared_ptr<arrow::DataType>> WithExtensions(
    const std::shared_ptr<arrow::DataType>& type) {
  arrow::FieldVector children;
  bool changed = false;
  for (const auto& child : type->fields()) {
    ARROW_ASSIGN_OR_RAISE(auto restored, WithExtensions(child));
    changed = changed || restored != child;
    children.push_back(std::move(restored));
  }
  if (!changed) return type;
  switch (type->id()) {
    case arrow::Type::LIST:
      return arrow::list(children[0]);
    case arrow::Type::LARGE_LIST:
      return arrow::large_list(children[0]);
    case arrow::Type::FIXED_SIZE_LIST:
      return arrow::fixed_size_list(
          children[0], static_cast<const arrow::FixedSizeListType&>(*type).list_size());
    case arrow::Type::STRUCT:
      return arrow::struct_(children);
    case arrow::Type::MAP:
      return arrow::MapType::Make(
          children[0], static_cast<const arrow::MapType&>(*type).keys_sorted());
    default:
      return type;
  }
}

// `field` with CloudQuery's extension types in place of storage types that carry their
// metadata.
arrow::Result<std::shared_ptr<arrow::Field>> WithExtensions(
    const std::shared_ptr<arrow::Field>& field) {
  const auto* metadata = field->metadata().get();
  const auto extension = ExtensionTypeByName(Value(metadata, kExtensionName));
  if (extension == nullptr) {
    ARROW_ASSIGN_OR_RAISE(const auto type, WithExtensions(field->type()));
    return type == field->type() ? field : field->WithType(type);
  }
  const auto restored =
      static_cast<const arrow::ExtensionType&>(*extension)
          .Deserialize(field->type(), Value(metadata, kExtensionMetadata));
  if (!restored.ok()) {
    return arrow::Status::Invalid("column ", Printable(field->name()), ": ",
                                  restored.status().message());
  }
  std::vector<std::string> keys;
  std::vector<std::string> values;
  for (int64_t i = 0; i < metadata->size(); ++i) {
    if (metadata->key(i) == kExtensionName || metadata->key(i) == kExtensionMetadata)
      continue;
    keys.push_back(metadata->key(i));
    values.push_back(metadata->value(i));
  }
  auto kept = keys.empty() ? nullptr : Metadata::Make(std::move(keys), std::move(values));
  return field->WithType(extension)->WithMetadata(std::move(kept));
}

arrow::Result<Column> FromArrowField(const std::shared_ptr<arrow::Field>& field) {
  ARROW_ASSIGN_OR_RAISE(const auto restored, WithExtensions(field));
  const auto* metadata = field->metadata().get();
  return Column{.name = field->name(),
                .type = restored->type(),
                .not_null = !field->nullable(),
                .primary_key = IsTrue(metadata, kPrimaryKey),
                .unique = IsTrue(metadata, kUnique),
                .incremental_key = IsTrue(metadata, kIncremental),
                .primary_key_component = IsTrue(metadata, kPrimaryKeyComponent),
                .type_schema = Value(metadata, kTypeSchema)};
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::Schema>> RestoreExtensionTypes(
    const std::shared_ptr<arrow::Schema>& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema->fields()) {
    ARROW_ASSIGN_OR_RAISE(auto restored, WithExtensions(field));
    fields.push_back(std::move(restored));
  }
  return arrow::schema(std::move(fields), schema->metadata());
}

std::shared_ptr<arrow::Schema> ToArrowSchema(const Table& table) {
  auto metadata = std::make_shared<Metadata>();
  metadata->Append(kConstraintName, table.pk_constraint_name);
  if (table.is_incremental) metadata->Append(kIncremental, kTrue);
  if (!table.parent.empty()) metadata->Append(kTableDependsOn, table.parent);
  metadata->Append(kTableDescription, table.description);
  metadata->Append(kTableName, table.name);
  if (table.is_paid) metadata->Append(kTablePaid, kTrue);
  metadata->Append(kTablePermissionsNeeded, ListText(table.permissions_needed));
  metadata->Append(kTableSensitiveColumns, ListText(table.sensitive_columns));
  metadata->Append(kTableTitle, table.title);
  arrow::FieldVector fields;
  fields.reserve(table.columns.size());
  for (const auto& column : table.columns) fields.push_back(ToArrowField(column));
  return arrow::schema(std::move(fields), std::move(metadata));
}

arrow::Result<Table> FromArrowSchema(const arrow::Schema& schema) {
  const auto* metadata = schema.metadata().get();
  Table table{.name = Value(metadata, kTableName),
              .title = Value(metadata, kTableTitle),
              .description = Value(metadata, kTableDescription),
              .pk_constraint_name = Value(metadata, kConstraintName),
              .parent = Value(metadata, kTableDependsOn),
              .is_incremental = IsTrue(metadata, kIncremental),
              .is_paid = IsTrue(metadata, kTablePaid),
              .permissions_needed = ParseList(Value(metadata, kTablePermissionsNeeded)),
              .sensitive_columns = ParseList(Value(metadata, kTableSensitiveColumns)),
              .columns = {}};
  if (table.name.empty()) return arrow::Status::Invalid("missing table name");
  table.columns.reserve(schema.fields().size());
  for (const auto& field : schema.fields()) {
    ARROW_ASSIGN_OR_RAISE(auto column, FromArrowField(field));
    table.columns.push_back(std::move(column));
  }
  return table;
}

}  // namespace cq
