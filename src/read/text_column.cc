#include "read/text_column.h"

#include <arrow/array/array_base.h>
#include <arrow/type.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <span>
#include <utility>

namespace s3source {

namespace {

template <typename Value>
Value* RoomFor(int64_t count, std::vector<Value>* values) {
  if (values->size() < static_cast<size_t>(count)) values->resize(count);
  return values->data();
}

arrow::Status TooFewValues() {
  return arrow::Status::Invalid("a page of it holds fewer values than it announces");
}

}  // namespace

bool TextColumn::CanRead(const parquet::ColumnDescriptor& column,
                         const arrow::DataType& target) {
  return column.physical_type() == parquet::Type::BYTE_ARRAY &&
         column.max_repetition_level() == 0 && column.max_definition_level() <= 1 &&
         column.path()->ToDotVector().size() == 1 &&
         (target.id() == arrow::Type::STRING || target.id() == arrow::Type::BINARY);
}

TextColumn::TextColumn(parquet::ParquetFileReader* file, int column,
                       std::shared_ptr<arrow::DataType> target, arrow::MemoryPool* pool)
    : file_(file),
      column_(column),
      nullable_(file->metadata()->schema()->Column(column)->max_definition_level() > 0),
      target_(std::move(target)),
      pool_(pool) {}

void TextColumn::Begin(const std::vector<int>& row_groups) {
  row_groups_ = row_groups;
  next_group_ = 0;
  reader_.reset();
}

bool TextColumn::HasNext() {
  while (reader_ == nullptr || !reader_->HasNext()) {
    if (next_group_ == row_groups_.size()) return false;
    reader_ = std::static_pointer_cast<Reader>(
        file_->RowGroup(row_groups_[next_group_++])->Column(column_));
    dictionary_ = TextDictionary();
    plain_ = false;
  }
  return true;
}

/// Whether the page that HasNext has found is one. Nothing of it is read.
bool TextColumn::IsDictionaryPage() {
  if (plain_) return false;
  const parquet::ByteArray* values = nullptr;
  int32_t size = 0;
  int64_t read = 0;
  try {
    reader_->ReadBatchWithDictionary(0, nullptr, nullptr, nullptr, &read, &values, &size);
  } catch (const parquet::ParquetException&) {
    // The only way to learn it. Of pages that no longer use the dictionary, all that
    // follow do not either.
    plain_ = true;
    return false;
  }
  const std::span<const parquet::ByteArray> known = dictionary_.values();
  if (values != known.data() || static_cast<size_t>(size) != known.size()) {
    dictionary_ = TextDictionary(std::span(values, static_cast<size_t>(size)));
  }
  return true;
}

arrow::Status TextColumn::ReadIndices(int64_t rows, TextScratch* scratch,
                                      TextBuilder* builder) {
  int16_t* levels = nullable_ ? RoomFor(rows, &scratch->levels) : nullptr;
  int32_t* indices = RoomFor(rows, &scratch->indices);
  const parquet::ByteArray* values = nullptr;
  int32_t size = 0;
  int64_t read = 0;
  const int64_t level_count = reader_->ReadBatchWithDictionary(
      rows, levels, nullptr, indices, &read, &values, &size);
  if (level_count == 0) return TooFewValues();
  const std::span<const int16_t> of_rows(levels, nullable_ ? level_count : 0);
  return builder->AppendIndices(of_rows, std::span(indices, read), dictionary_);
}

arrow::Status TextColumn::ReadValues(int64_t rows, TextScratch* scratch,
                                     TextBuilder* builder) {
  int16_t* levels = nullable_ ? RoomFor(rows, &scratch->levels) : nullptr;
  parquet::ByteArray* values = RoomFor(rows, &scratch->values);
  int64_t read = 0;
  const int64_t level_count = reader_->ReadBatch(rows, levels, nullptr, values, &read);
  if (level_count == 0) return TooFewValues();
  const std::span<const int16_t> of_rows(levels, nullable_ ? level_count : 0);
  return builder->AppendValues(of_rows, std::span(values, read));
}

arrow::Result<std::shared_ptr<arrow::Array>> TextColumn::Read(int64_t rows,
                                                              TextScratch* scratch) {
  ARROW_ASSIGN_OR_RAISE(TextBuilder builder, TextBuilder::Make(rows, pool_));
  while (builder.rows() < rows && HasNext()) {
    const int64_t wanted = rows - builder.rows();
    ARROW_RETURN_NOT_OK(IsDictionaryPage() ? ReadIndices(wanted, scratch, &builder)
                                           : ReadValues(wanted, scratch, &builder));
  }
  return builder.Finish(target_);
}

}  // namespace s3source
