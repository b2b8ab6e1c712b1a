#include "cloudquery/wire/sample_batches.h"

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/extension_type.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/logging.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cloudquery/schema/extension_types.h"

namespace cq::testing {
namespace {

using arrow::Type;
using nlohmann::json;

constexpr int kNullPercent = 20;

int64_t Below(int64_t limit, std::mt19937& random) {
  return std::uniform_int_distribution<int64_t>(0, limit - 1)(random);
}

std::string RandomText(int64_t length, std::mt19937& random) {
  std::string text;
  for (int64_t i = 0; i < length; ++i) text += static_cast<char>('a' + Below(26, random));
  return text;
}

json RandomValue(const arrow::DataType& type, std::mt19937& random);

json RandomElement(const arrow::Field& field, std::mt19937& random) {
  if (field.nullable() && Below(100, random) < kNullPercent) return nullptr;
  return RandomValue(*field.type(), random);
}

json RandomList(const arrow::Field& element, int64_t length, std::mt19937& random) {
  json list = json::array();
  for (int64_t i = 0; i < length; ++i) list.push_back(RandomElement(element, random));
  return list;
}

// The value in the notation of arrow::json::ArrayFromJSONString.
json RandomValue(const arrow::DataType& type, std::mt19937& random) {
  switch (type.id()) {
    case Type::EXTENSION:
      return RandomValue(*static_cast<const arrow::ExtensionType&>(type).storage_type(),
                         random);
    case Type::NA:
      return nullptr;
    case Type::BOOL:
      return Below(2, random) == 1;
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::BINARY:
    case Type::LARGE_BINARY:
      return RandomText(Below(12, random), random);
    case Type::FIXED_SIZE_BINARY:
      return RandomText(static_cast<const arrow::FixedSizeBinaryType&>(type).byte_width(),
                        random);
    case Type::DECIMAL128:
    case Type::DECIMAL256:
      return std::to_string(Below(1000, random)) + "." +
             std::to_string(10 + Below(90, random));
    case Type::LIST:
    case Type::LARGE_LIST:
      return RandomList(*type.field(0), Below(4, random), random);
    case Type::FIXED_SIZE_LIST:
      return RandomList(*type.field(0),
                        static_cast<const arrow::FixedSizeListType&>(type).list_size(),
                        random);
    case Type::STRUCT: {
      json value = json::object();
      for (const auto& field : type.fields()) {
        value[field->name()] = RandomElement(*field, random);
      }
      return value;
    }
    case Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      json pairs = json::array();
      for (auto n = Below(4, random); n > 0; --n) {
        pairs.push_back({RandomElement(*map.key_field(), random),
                         RandomElement(*map.item_field(), random)});
      }
      return pairs;
    }
    default:
      return Below(100, random);
  }
}

// `type` without extensions, which ArrayFromJSONString does not know inside other types.
std::shared_ptr<arrow::DataType> StorageOf(const std::shared_ptr<arrow::DataType>& type) {
  if (type->id() == Type::EXTENSION) {
    return static_cast<const arrow::ExtensionType&>(*type).storage_type();
  }
  arrow::FieldVector children;
  for (const auto& child : type->fields()) {
    children.push_back(child->WithType(StorageOf(child->type())));
  }
  if (type->id() == Type::LIST) return arrow::list(children[0]);
  if (type->id() == Type::STRUCT) return arrow::struct_(children);
  return type;
}

std::shared_ptr<arrow::ArrayData> Retype(const arrow::ArrayData& data,
                                         const std::shared_ptr<arrow::DataType>& type) {
  auto copy = data.Copy();
  copy->type = type;
  const auto* layout = type.get();
  if (type->id() == Type::EXTENSION) {
    layout = static_cast<const arrow::ExtensionType&>(*type).storage_type().get();
  }
  for (size_t i = 0; i < copy->child_data.size(); ++i) {
    copy->child_data[i] =
        Retype(*copy->child_data[i], layout->field(static_cast<int>(i))->type());
  }
  return copy;
}

}  // namespace

arrow::DataTypeVector SampleTypes() {
  const auto& utf8 = arrow::utf8();
  return {arrow::boolean(),
          arrow::int8(),
          arrow::int16(),
          arrow::int32(),
          arrow::int64(),
          arrow::uint8(),
          arrow::uint64(),
          arrow::float32(),
          arrow::float64(),
          utf8,
          arrow::large_utf8(),
          arrow::binary(),
          arrow::large_binary(),
          arrow::fixed_size_binary(3),
          arrow::decimal128(10, 2),
          arrow::decimal256(40, 2),
          arrow::date32(),
          arrow::time64(arrow::TimeUnit::MICRO),
          arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
          arrow::duration(arrow::TimeUnit::NANO),
          arrow::null(),
          arrow::list(arrow::int64()),
          arrow::list(arrow::list(utf8)),
          arrow::large_list(arrow::boolean()),
          arrow::fixed_size_list(arrow::int16(), 2),
          arrow::struct_({arrow::field("a", arrow::int64()),
                          arrow::field("b", arrow::list(utf8)),
                          arrow::field("c", arrow::boolean())}),
          arrow::list(arrow::struct_({arrow::field("a", utf8)})),
          arrow::map(utf8, arrow::int64()),
          Uuid(),
          Json(),
          arrow::list(Uuid()),
          arrow::struct_({arrow::field("id", Uuid()), arrow::field("j", Json())})};
}

std::shared_ptr<arrow::RecordBatch> RandomBatch(const arrow::DataTypeVector& types,
                                                int64_t rows, std::mt19937& random) {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const auto& type : types) {
    fields.push_back(arrow::field("c" + std::to_string(fields.size()), type));
    const json values = RandomList(*fields.back(), rows, random);
    const auto storage =
        arrow::json::ArrayFromJSONString(StorageOf(type), values.dump()).ValueOrDie();
    columns.push_back(arrow::MakeArray(Retype(*storage->data(), type)));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows,
                                  std::move(columns));
}

std::shared_ptr<arrow::RecordBatch> TextBatch(const std::string& name,
                                              const std::vector<int64_t>& lengths) {
  arrow::StringBuilder texts;
  arrow::Int64Builder numbers;
  for (const int64_t length : lengths) {
    ARROW_CHECK_OK(numbers.Append(texts.length()));
    ARROW_CHECK_OK(texts.Append(std::string(length, 'x')));
  }
  return arrow::RecordBatch::Make(
      arrow::schema(
          {arrow::field(name, arrow::utf8()), arrow::field("n", arrow::int64())}),
      static_cast<int64_t>(lengths.size()),
      arrow::ArrayVector{texts.Finish().ValueOrDie(), numbers.Finish().ValueOrDie()});
}

std::shared_ptr<arrow::RecordBatch> As(const std::shared_ptr<arrow::Schema>& schema,
                                       const arrow::RecordBatch& batch) {
  arrow::ArrayVector columns;
  for (int i = 0; i < schema->num_fields(); ++i) {
    columns.push_back(
        arrow::MakeArray(Retype(*batch.column_data(i), schema->field(i)->type())));
  }
  return arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
}

}  // namespace cq::testing
