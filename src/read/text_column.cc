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

bool TextColumn::CanRead(const parquet::ColumnDescriptor& column,
                         const arrow::DataType& target) {
  return column.physical_type() == parquet::Type::BYTE_ARRAY && IsFlat(column) &&
         (target.id() == arrow::Type::STRING || target.id() == arrow::Type::BINARY);
}

TextColumn::TextColumn(parquet::ParquetFileReader* file, int column,
                       std::shared_ptr<arrow::DataType> target, arrow::MemoryPool* pool)
    : chunks_(file, column),
      nullable_(file->metadata()->schema()->Column(column)->max_definition_level() > 0),
      target_(std::move(target)),
      pool_(pool) {}

void TextColumn::Begin(const std::vector<int>& row_groups) {
  chunks_.Begin(row_groups);
  chunk_ = 0;
}

TextColumn::Chunks::Reader* TextColumn::Next() {
  Chunks::Reader* const reader = chunks_.Next();
  if (chunks_.ordinal() == chunk_) return reader;
  chunk_ = chunks_.ordinal();
  dictionary_ = TextDictionary();
  plain_ = false;
  return reader;
}

/// Whether the page that the reader is in is one. Nothing of it is read.
bool TextColumn::IsDictionaryPage(Chunks::Reader* reader) {
  if (plain_) return false;
  const parquet::ByteArray* values = nullptr;
  int32_t size = 0;
  int64_t read = 0;
  try {
    reader->ReadBatchWithDictionary(0, nullptr, nullptr, nullptr, &read, &values, &size);
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

arrow::Status TextColumn::ReadIndices(Chunks::Reader* reader, int64_t rows,
                                      ColumnScratch* scratch, TextBuilder* builder) {
  int16_t* levels = nullable_ ? RoomFor(rows, &scratch->levels) : nullptr;
  int32_t* indices = RoomFor(rows, &scratch->indices);
  const parquet::ByteArray* values = nullptr;
  int32_t size = 0;
  int64_t read = 0;
  const int64_t level_count = reader->ReadBatchWithDictionary(
      rows, levels, nullptr, indices, &read, &values, &size);
  if (level_count == 0) return TooFewValues();
  const std::span<const int16_t> of_rows(levels, nullable_ ? level_count : 0);
  return builder->AppendIndices(of_rows, std::span(indices, read), dictionary_);
}

arrow::Status TextColumn::ReadValues(Chunks::Reader* reader, int64_t rows,
                                     ColumnScratch* scratch, TextBuilder* builder) {
  int16_t* levels = nullable_ ? RoomFor(rows, &scratch->levels) : nullptr;
  parquet::ByteArray* values = RoomFor(rows, &scratch->values);
  int64_t read = 0;
  const int64_t level_count = reader->ReadBatch(rows, levels, nullptr, values, &read);
  if (level_count == 0) return TooFewValues();
  const std::span<const int16_t> of_rows(levels, nullable_ ? level_count : 0);
  return builder->AppendValues(of_rows, std::span(values, read));
}

arrow::Result<std::shared_ptr<arrow::Array>> TextColumn::Read(int64_t rows,
                                                              ColumnScratch* scratch) {
  ARROW_ASSIGN_OR_RAISE(TextBuilder builder, TextBuilder::Make(rows, pool_));
  while (builder.rows() < rows) {
    Chunks::Reader* const reader = Next();
    if (reader == nullptr) break;
    const int64_t wanted = rows - builder.rows();
    ARROW_RETURN_NOT_OK(IsDictionaryPage(reader)
                            ? ReadIndices(reader, wanted, scratch, &builder)
                            : ReadValues(reader, wanted, scratch, &builder));
  }
  return builder.Finish(target_);
}

}  // namespace s3source
