#include "read/part_reader.h"

#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/checked_cast.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/schema.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "read/number_column.h"
#include "read/text_column.h"

namespace s3source {

namespace {

using arrow::Type;

bool IsText(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::STRING:
    case Type::BINARY:
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
    case Type::STRING_VIEW:
    case Type::BINARY_VIEW:
      return true;
    case Type::DICTIONARY:
      return IsText(*arrow::internal::checked_cast<const arrow::DictionaryType&>(type)
                         .value_type());
    default:
      return false;
  }
}

/// Null for a column that the Parquet library has to read.
std::unique_ptr<FlatColumn> MakeFlatColumn(parquet::arrow::FileReader* file,
                                           const parquet::arrow::SchemaField& field,
                                           const std::shared_ptr<arrow::DataType>& target,
                                           arrow::MemoryPool* pool) {
  if (!field.is_leaf()) return nullptr;
  const arrow::DataType& source = *field.field->type();
  const int column = field.column_index;
  if (IsText(source) &&
      TextColumn::CanRead(*file->manifest().descr->Column(column), *target)) {
    return std::make_unique<TextColumn>(file->parquet_reader(), column, target, pool);
  }
  return MakeNumberColumn(file->parquet_reader(), column, source, target, pool);
}

void AddLeaves(const parquet::arrow::SchemaField& field, std::vector<int>* leaves) {
  if (field.is_leaf()) leaves->push_back(field.column_index);
  for (const auto& child : field.children) AddLeaves(child, leaves);
}

}  // namespace

PartReader::PartReader(parquet::arrow::FileReader* file,
                       std::shared_ptr<arrow::Schema> target, arrow::MemoryPool* pool)
    : file_(file), target_(std::move(target)) {
  for (int i = 0; i < target_->num_fields(); ++i) {
    const parquet::arrow::SchemaField& field = file->manifest().schema_fields[i];
    flat_columns_.push_back(MakeFlatColumn(file, field, target_->field(i)->type(), pool));
    if (flat_columns_.back() == nullptr) AddLeaves(field, &other_leaves_);
  }
}

PartReader::~PartReader() = default;

arrow::Status PartReader::Begin(const FilePart& part) {
  End();
  if (!other_leaves_.empty()) {
    ARROW_ASSIGN_OR_RAISE(others_,
                          file_->GetRecordBatchReader(part.row_groups, other_leaves_));
  }
  for (const auto& column : flat_columns_) {
    if (column != nullptr) column->Begin(part.row_groups);
  }
  rows_left_ = part.rows;
  in_part_ = true;
  return arrow::Status::OK();
}

void PartReader::End() {
  others_.reset();
  for (const auto& column : flat_columns_) {
    if (column != nullptr) column->Begin({});
  }
  in_part_ = false;
}

arrow::Status PartReader::ReadOthers(int64_t rows, Columns* columns) {
  file_->set_batch_size(rows);
  std::shared_ptr<arrow::RecordBatch> batch;
  do {
    ARROW_ASSIGN_OR_RAISE(batch, others_->Next());
    if (batch == nullptr) return arrow::Status::OK();
  } while (batch->num_rows() == 0);
  columns->rows = batch->num_rows();
  int other = 0;
  for (size_t i = 0; i < flat_columns_.size(); ++i) {
    if (flat_columns_[i] == nullptr) columns->arrays[i] = batch->column(other++);
  }
  return arrow::Status::OK();
}

arrow::Result<PartReader::Columns> PartReader::Next(int64_t rows) {
  Columns columns;
  columns.arrays.resize(flat_columns_.size());
  std::optional<int64_t> length;
  if (others_ != nullptr) {
    ARROW_RETURN_NOT_OK(ReadOthers(rows, &columns));
    length = columns.rows;
  } else {
    columns.rows = std::min(rows, rows_left_);
  }
  if (columns.rows == 0) return columns;
  for (size_t i = 0; i < flat_columns_.size(); ++i) {
    if (flat_columns_[i] == nullptr) continue;
    const std::string& name = target_->field(static_cast<int>(i))->name();
    auto array = flat_columns_[i]->Read(columns.rows, &scratch_);
    if (!array.ok()) {
      return array.status().WithMessage("column ", name, ": ", array.status().message());
    }
    if (!length.has_value()) columns.rows = (*array)->length();
    length = columns.rows;
    if ((*array)->length() != columns.rows) {
      return arrow::Status::Invalid("column ", name, " has fewer rows than others");
    }
    columns.arrays[i] = *std::move(array);
  }
  rows_left_ -= columns.rows;
  return columns;
}

}  // namespace s3source
