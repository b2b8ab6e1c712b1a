#include <arrow/array/array_dict.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_run_end.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/exec.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/checked_cast.h>

#include <limits>
#include <utility>
#include <vector>

#include "read/flat_conversion.h"
#include "read/type_mapping.h"

namespace s3source {

namespace {

using arrow::Type;
using arrow::internal::checked_cast;
using ArrayPtr = std::shared_ptr<arrow::Array>;
using BufferPtr = std::shared_ptr<arrow::Buffer>;
using TypePtr = std::shared_ptr<arrow::DataType>;

arrow::Result<ArrayPtr> TakeValues(const arrow::Array& values,
                                   const arrow::Array& indices, arrow::MemoryPool* pool) {
  arrow::compute::ExecContext context(pool);
  return arrow::compute::Take(values, indices,
                              arrow::compute::TakeOptions::NoBoundsCheck(), &context);
}

arrow::Result<ArrayPtr> DecodeDictionary(const arrow::Array& array,
                                         arrow::MemoryPool* pool) {
  const auto& dictionary = checked_cast<const arrow::DictionaryArray&>(array);
  return TakeValues(*dictionary.dictionary(), *dictionary.indices(), pool);
}

template <typename RunEndArray>
arrow::Status AppendRuns(const arrow::Array& run_ends, arrow::Int64Builder* indices) {
  const auto& ends = checked_cast<const RunEndArray&>(run_ends);
  for (int64_t run = 0; run < ends.length(); ++run) {
    while (indices->length() < ends.Value(run)) ARROW_RETURN_NOT_OK(indices->Append(run));
  }
  return arrow::Status::OK();
}

arrow::Result<ArrayPtr> DecodeRunEnds(const arrow::Array& array,
                                      arrow::MemoryPool* pool) {
  const auto& encoded = checked_cast<const arrow::RunEndEncodedArray&>(array);
  ARROW_ASSIGN_OR_RAISE(ArrayPtr ends, encoded.LogicalRunEnds(pool));
  arrow::Int64Builder runs(pool);
  ARROW_RETURN_NOT_OK(runs.Reserve(array.length()));
  switch (ends->type_id()) {
    case Type::INT16:
      ARROW_RETURN_NOT_OK(AppendRuns<arrow::Int16Array>(*ends, &runs));
      break;
    case Type::INT32:
      ARROW_RETURN_NOT_OK(AppendRuns<arrow::Int32Array>(*ends, &runs));
      break;
    default:
      ARROW_RETURN_NOT_OK(AppendRuns<arrow::Int64Array>(*ends, &runs));
  }
  ARROW_ASSIGN_OR_RAISE(ArrayPtr indices, runs.Finish());
  return TakeValues(*encoded.LogicalValues(), *indices, pool);
}

/// A list array at offset 0 of `target`, list or map, over `values`, which start at its
/// first offset.
arrow::Result<ArrayPtr> MakeList(const arrow::ArrayData& like, const TypePtr& target,
                                 BufferPtr offsets, const ArrayPtr& values,
                                 arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(BufferPtr validity, ValidityFromZero(like, pool));
  ARROW_ASSIGN_OR_RAISE(ArrayPtr mapped,
                        MapArray(values, target->field(0)->type(), pool));
  const int64_t nulls = validity == nullptr ? 0 : like.GetNullCount();
  return arrow::MakeArray(arrow::ArrayData::Make(
      target, like.length, {std::move(validity), std::move(offsets)}, {mapped->data()},
      nulls));
}

arrow::Status CheckListSize(int64_t lists, int64_t values) {
  if (values <= std::numeric_limits<int32_t>::max()) return arrow::Status::OK();
  return arrow::Status::CapacityError(
      lists, " lists hold ", values,
      " values, more than the 2^31 - 1 that fit one batch");
}

/// From list or map (Offset is int32_t) or large_list (int64_t).
template <typename Offset>
arrow::Result<ArrayPtr> MapList(const arrow::ArrayData& array, const TypePtr& target,
                                arrow::MemoryPool* pool) {
  if (array.length == 0) return arrow::MakeEmptyArray(target, pool);
  const Offset* from = array.GetValues<Offset>(1);
  const int64_t first = from[0];
  const int64_t count = from[array.length] - first;
  ARROW_RETURN_NOT_OK(CheckListSize(array.length, count));
  BufferPtr offsets = array.buffers[1];
  if (sizeof(Offset) != sizeof(int32_t) || array.offset != 0 || first != 0) {
    ARROW_ASSIGN_OR_RAISE(
        offsets, arrow::AllocateBuffer((array.length + 1) * sizeof(int32_t), pool));
    auto* to = offsets->mutable_data_as<int32_t>();
    for (int64_t i = 0; i <= array.length; ++i)
      to[i] = static_cast<int32_t>(from[i] - first);
  }
  const ArrayPtr values = arrow::MakeArray(array.child_data[0]->Slice(first, count));
  return MakeList(array, target, std::move(offsets), values, pool);
}

arrow::Result<ArrayPtr> MapFixedSizeList(const arrow::Array& array, const TypePtr& target,
                                         arrow::MemoryPool* pool) {
  const auto& lists = checked_cast<const arrow::FixedSizeListArray&>(array);
  const int64_t width = lists.list_type()->list_size();
  ARROW_RETURN_NOT_OK(CheckListSize(array.length(), array.length() * width));
  ARROW_ASSIGN_OR_RAISE(
      BufferPtr offsets,
      arrow::AllocateBuffer((array.length() + 1) * sizeof(int32_t), pool));
  auto* offset = offsets->mutable_data_as<int32_t>();
  offset[0] = 0;
  for (int64_t i = 0; i < array.length(); ++i) {
    offset[i + 1] = offset[i] + (array.IsValid(i) ? static_cast<int32_t>(width) : 0);
  }
  // Without the values of null lists.
  ARROW_ASSIGN_OR_RAISE(ArrayPtr values, lists.Flatten(pool));
  return MakeList(*array.data(), target, std::move(offsets), values, pool);
}

// Not Arrow's FromListView, which loses values of slices with nulls.
template <typename ListView>
arrow::Result<ArrayPtr> MapListView(const arrow::Array& array, const TypePtr& target,
                                    arrow::MemoryPool* pool) {
  const auto& views = checked_cast<const ListView&>(array);
  int64_t count = 0;
  for (int64_t i = 0; i < views.length(); ++i) {
    if (views.IsValid(i)) count += views.value_length(i);
  }
  ARROW_RETURN_NOT_OK(CheckListSize(array.length(), count));
  ARROW_ASSIGN_OR_RAISE(
      BufferPtr offsets,
      arrow::AllocateBuffer((array.length() + 1) * sizeof(int32_t), pool));
  auto* offset = offsets->mutable_data_as<int32_t>();
  arrow::Int64Builder indices(pool);
  ARROW_RETURN_NOT_OK(indices.Reserve(count));
  offset[0] = 0;
  for (int64_t i = 0; i < views.length(); ++i) {
    const int64_t size = views.IsValid(i) ? views.value_length(i) : 0;
    for (int64_t k = 0; k < size; ++k) indices.UnsafeAppend(views.value_offset(i) + k);
    offset[i + 1] = static_cast<int32_t>(indices.length());
  }
  ARROW_ASSIGN_OR_RAISE(ArrayPtr taken, indices.Finish());
  ARROW_ASSIGN_OR_RAISE(ArrayPtr values, TakeValues(*views.values(), *taken, pool));
  return MakeList(*array.data(), target, std::move(offsets), values, pool);
}

arrow::Result<ArrayPtr> MapStructArray(const arrow::Array& array, const TypePtr& target,
                                       arrow::MemoryPool* pool) {
  const auto& source = checked_cast<const arrow::StructArray&>(array);
  std::vector<std::shared_ptr<arrow::ArrayData>> children;
  children.reserve(target->num_fields());
  for (int i = 0; i < target->num_fields(); ++i) {
    ARROW_ASSIGN_OR_RAISE(ArrayPtr child,
                          MapArray(source.field(i), target->field(i)->type(), pool));
    children.push_back(child->data());
  }
  ARROW_ASSIGN_OR_RAISE(BufferPtr validity, ValidityFromZero(*array.data(), pool));
  const int64_t nulls = validity == nullptr ? 0 : array.null_count();
  return arrow::MakeArray(arrow::ArrayData::Make(
      target, array.length(), {std::move(validity)}, std::move(children), nulls));
}

arrow::Result<ArrayPtr> MapExtensionArray(const arrow::Array& array,
                                          const TypePtr& target,
                                          arrow::MemoryPool* pool) {
  const auto& extension = checked_cast<const arrow::ExtensionArray&>(array);
  if (target->id() == Type::BOOL && extension.storage()->type_id() == Type::INT8) {
    return Int8ToBool(*extension.storage()->data(), pool);
  }
  return MapArray(extension.storage(), target, pool);
}

}  // namespace

arrow::Result<ArrayPtr> MapArray(const ArrayPtr& array, const TypePtr& target,
                                 arrow::MemoryPool* pool) {
  if (array->type()->Equals(*target)) return array;
  if (array->type_id() == Type::EXTENSION && target->id() != Type::EXTENSION) {
    return MapExtensionArray(*array, target, pool);
  }
  if (target->id() == Type::EXTENSION) {
    const ArrayPtr storage =
        array->type_id() == Type::EXTENSION
            ? checked_cast<const arrow::ExtensionArray&>(*array).storage()
            : array;
    const auto& extension = checked_cast<const arrow::ExtensionType&>(*target);
    ARROW_ASSIGN_OR_RAISE(ArrayPtr mapped,
                          MapArray(storage, extension.storage_type(), pool));
    return arrow::ExtensionType::WrapArray(target, mapped);
  }
  switch (array->type_id()) {
    case Type::HALF_FLOAT:
      return HalfToFloat(*array->data(), pool);
    case Type::DECIMAL32:
    case Type::DECIMAL64:
      return WidenDecimal(*array->data(), target, pool);
    case Type::NA:
      return arrow::MakeArrayOfNull(target, array->length(), pool);
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
      return NarrowOffsets(*array->data(), target, pool);
    case Type::STRING_VIEW:
    case Type::BINARY_VIEW:
      return ViewsToOffsets(*array, target, pool);
    case Type::FIXED_SIZE_BINARY:
      return FixedSizeToBinary(*array->data(), pool);
    case Type::LIST:
    case Type::MAP:
      return MapList<int32_t>(*array->data(), target, pool);
    case Type::LARGE_LIST:
      return MapList<int64_t>(*array->data(), target, pool);
    case Type::FIXED_SIZE_LIST:
      return MapFixedSizeList(*array, target, pool);
    case Type::LIST_VIEW:
      return MapListView<arrow::ListViewArray>(*array, target, pool);
    case Type::LARGE_LIST_VIEW:
      return MapListView<arrow::LargeListViewArray>(*array, target, pool);
    case Type::STRUCT:
      return MapStructArray(*array, target, pool);
    case Type::DICTIONARY: {
      ARROW_ASSIGN_OR_RAISE(ArrayPtr decoded, DecodeDictionary(*array, pool));
      return MapArray(decoded, target, pool);
    }
    case Type::RUN_END_ENCODED: {
      ARROW_ASSIGN_OR_RAISE(ArrayPtr decoded, DecodeRunEnds(*array, pool));
      return MapArray(decoded, target, pool);
    }
    default:
      return arrow::Status::TypeError("cannot turn ", array->type()->ToString(), " into ",
                                      target->ToString());
  }
}

arrow::Result<ArrayPtr> MapArray(const ArrayPtr& array) {
  ARROW_ASSIGN_OR_RAISE(TypePtr target, MapType(array->type()));
  return MapArray(array, target);
}

}  // namespace s3source
