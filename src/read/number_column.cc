#include "read/number_column.h"

#include <arrow/array/array_base.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/type.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "read/chunk_sequence.h"
#include "read/decoded_array.h"
#include "read/row_validity.h"

namespace s3source {

namespace {

using arrow::Type;

/// Types of which all bytes are a value, and what Parquet stores them as.
bool AreTheSameBytes(parquet::Type::type stored, const arrow::DataType& type) {
  switch (type.id()) {
    case Type::INT32:
    case Type::UINT32:
    case Type::DATE32:
      return stored == parquet::Type::INT32;
    case Type::INT64:
    case Type::UINT64:
    case Type::TIMESTAMP:
      return stored == parquet::Type::INT64;
    case Type::FLOAT:
      return stored == parquet::Type::FLOAT;
    case Type::DOUBLE:
      return stored == parquet::Type::DOUBLE;
    default:
      return false;
  }
}

bool IsShortDecimal(const parquet::ColumnDescriptor& stored,
                    const arrow::DataType& type) {
  return type.id() == Type::DECIMAL128 &&
         stored.physical_type() == parquet::Type::FIXED_LEN_BYTE_ARRAY &&
         stored.type_length() >= 1 && stored.type_length() <= 16;
}

/// Moves the values that stand at the front of `rows` to the rows that have one.
template <typename Value>
void Spread(std::span<const int16_t> levels, int64_t count, Value* rows) {
  for (auto row = static_cast<int64_t>(levels.size()); count < row;) {
    --row;
    rows[row] = levels[row] == 1 ? rows[--count] : Value{};
  }
}

template <typename Stored>
struct SameBytes {
  using Type = Stored;
  using Value = typename Stored::c_type;

  explicit SameBytes(const parquet::ColumnDescriptor& /*stored*/) {}

  int64_t Read(parquet::TypedColumnReader<Stored>& reader, int64_t wanted,
               int16_t* levels, Value* values, int64_t* count,
               ColumnScratch* /*scratch*/) const {
    return reader.ReadBatch(wanted, levels, nullptr, values, count);
  }
  static arrow::Status Check(const arrow::Array& /*array*/) {
    return arrow::Status::OK();
  }
};

/// The low half comes first.
using Decimal128Words = std::array<uint64_t, 2>;

uint64_t FromHighestByte(std::span<const uint8_t> bytes, uint64_t above) {
  for (const uint8_t byte : bytes) above = above << 8 | byte;
  return above;
}

Decimal128Words FromHighestByte(std::span<const uint8_t> bytes) {
  constexpr size_t kWord = sizeof(uint64_t);
  const uint64_t sign = (bytes.front() & 0x80) != 0 ? ~uint64_t{0} : 0;
  if (bytes.size() <= kWord) return {FromHighestByte(bytes, sign), sign};
  const size_t high = bytes.size() - kWord;
  return {FromHighestByte(bytes.subspan(high), 0),
          FromHighestByte(bytes.first(high), sign)};
}

struct Decimals {
  using Type = parquet::FLBAType;
  using Value = Decimal128Words;

  explicit Decimals(const parquet::ColumnDescriptor& stored)
      : width_(static_cast<size_t>(stored.type_length())) {}

  int64_t Read(parquet::TypedColumnReader<Type>& reader, int64_t wanted, int16_t* levels,
               Value* values, int64_t* count, ColumnScratch* scratch) const {
    auto* const stored = RoomFor(wanted, &scratch->fixed_values);
    const int64_t read = reader.ReadBatch(wanted, levels, nullptr, stored, count);
    for (int64_t i = 0; i < *count; ++i) {
      values[i] = FromHighestByte({stored[i].ptr, width_});
    }
    return read;
  }
  /// More digits may be stored than the type has.
  static arrow::Status Check(const arrow::Array& array) { return CheckDecoded(array); }

 private:
  size_t width_;
};

template <typename Decoding>
class NumberColumn final : public FlatColumn {
 public:
  using Value = typename Decoding::Value;

  NumberColumn(parquet::ParquetFileReader* file, int column,
               std::shared_ptr<arrow::DataType> type, arrow::MemoryPool* pool)
      : chunks_(file, column),
        decoding_(*file->metadata()->schema()->Column(column)),
        nullable_(file->metadata()->schema()->Column(column)->max_definition_level() > 0),
        type_(std::move(type)),
        pool_(pool) {}

  void Begin(const std::vector<int>& row_groups) override { chunks_.Begin(row_groups); }

  arrow::Result<std::shared_ptr<arrow::Array>> Read(int64_t rows,
                                                    ColumnScratch* scratch) override {
    RowValidity validity(rows, pool_);
    ARROW_ASSIGN_OR_RAISE(
        std::shared_ptr<arrow::ResizableBuffer> data,
        arrow::AllocateResizableBuffer(rows * int64_t{sizeof(Value)}, pool_));
    auto* const values = data->template mutable_data_as<Value>();
    while (validity.rows() < rows) {
      auto* const reader = chunks_.Next();
      if (reader == nullptr) break;
      const int64_t wanted = rows - validity.rows();
      int16_t* levels = nullable_ ? RoomFor(wanted, &scratch->levels) : nullptr;
      Value* const first = values + validity.rows();
      int64_t count = 0;
      const int64_t read =
          decoding_.Read(*reader, wanted, levels, first, &count, scratch);
      if (read == 0) return TooFewValues();
      const std::span<const int16_t> of_rows(levels, nullable_ ? read : 0);
      ARROW_RETURN_NOT_OK(validity.Append(of_rows, count));
      Spread(of_rows, count, first);
    }
    ARROW_RETURN_NOT_OK(data->Resize(validity.rows() * int64_t{sizeof(Value)},
                                     4 * validity.rows() < 3 * rows));
    auto array = arrow::MakeArray(arrow::ArrayData::Make(
        type_, validity.rows(), {validity.Finish(), std::move(data)}, validity.nulls()));
    ARROW_RETURN_NOT_OK(Decoding::Check(*array));
    return array;
  }

 private:
  ChunkSequence<typename Decoding::Type> chunks_;
  Decoding decoding_;
  bool nullable_;
  std::shared_ptr<arrow::DataType> type_;
  arrow::MemoryPool* pool_;
};

}  // namespace

std::unique_ptr<FlatColumn> MakeNumberColumn(
    parquet::ParquetFileReader* file, int column, const arrow::DataType& source,
    const std::shared_ptr<arrow::DataType>& target, arrow::MemoryPool* pool) {
  const parquet::ColumnDescriptor& stored = *file->metadata()->schema()->Column(column);
  if (!IsFlat(stored) || !source.Equals(*target)) return nullptr;
  if (IsShortDecimal(stored, *target)) {
    return std::make_unique<NumberColumn<Decimals>>(file, column, target, pool);
  }
  if (!AreTheSameBytes(stored.physical_type(), *target)) return nullptr;
  switch (stored.physical_type()) {
    case parquet::Type::INT32:
      return std::make_unique<NumberColumn<SameBytes<parquet::Int32Type>>>(file, column,
                                                                           target, pool);
    case parquet::Type::INT64:
      return std::make_unique<NumberColumn<SameBytes<parquet::Int64Type>>>(file, column,
                                                                           target, pool);
    case parquet::Type::FLOAT:
      return std::make_unique<NumberColumn<SameBytes<parquet::FloatType>>>(file, column,
                                                                           target, pool);
    default:
      return std::make_unique<NumberColumn<SameBytes<parquet::DoubleType>>>(file, column,
                                                                            target, pool);
  }
}

}  // namespace s3source
