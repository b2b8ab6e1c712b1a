#include "read/int96_guard.h"

#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <limits>

#include "read/parquet_file.h"

namespace s3source {

namespace {

/// Less one: what is left of the last second on either side is not worth telling apart.
constexpr int64_t kMostSeconds = std::numeric_limits<int64_t>::max() / 1'000'000'000 - 1;

std::vector<int> Int96Columns(const parquet::SchemaDescriptor& schema) {
  std::vector<int> columns;
  for (int i = 0; i < schema.num_columns(); ++i) {
    if (schema.Column(i)->physical_type() == parquet::Type::INT96) columns.push_back(i);
  }
  return columns;
}

bool FitsNanoseconds(const arrow::ArrayData& array) {
  if (array.type->id() == arrow::Type::TIMESTAMP) {
    const auto* seconds = array.GetValues<int64_t>(1);
    for (int64_t i = 0; i < array.length; ++i) {
      if (!array.IsValid(i)) continue;
      if (seconds[i] > kMostSeconds || seconds[i] < -kMostSeconds) return false;
    }
  }
  for (const auto& child : array.child_data) {
    if (!FitsNanoseconds(*child)) return false;
  }
  return true;
}

}  // namespace

Int96Guard::Int96Guard() = default;
Int96Guard::Int96Guard(Int96Guard&&) noexcept = default;
Int96Guard& Int96Guard::operator=(Int96Guard&&) noexcept = default;
Int96Guard::~Int96Guard() = default;

bool Int96Guard::IsNeeded(const parquet::FileMetaData& footer) {
  return !Int96Columns(*footer.schema()).empty();
}

arrow::Result<Int96Guard> Int96Guard::Open(
    const std::shared_ptr<RangeFile>& file, const parquet::ReaderProperties& properties,
    const std::shared_ptr<parquet::FileMetaData>& footer, arrow::MemoryPool* pool) {
  parquet::ArrowReaderProperties seconds(/*use_threads=*/false);
  seconds.set_pre_buffer(false);
  seconds.set_coerce_int96_timestamp_unit(arrow::TimeUnit::SECOND);
  Int96Guard guard;
  guard.columns_ = Int96Columns(*footer->schema());
  ARROW_ASSIGN_OR_RAISE(guard.reader_,
                        parquet::arrow::FileReader::Make(
                            pool, OpenParquet(file, properties, footer), seconds));
  return guard;
}

arrow::Status Int96Guard::Begin(const std::vector<int>& row_groups) {
  due_ = 0;
  batches_.reset();
  ARROW_ASSIGN_OR_RAISE(batches_, reader_->GetRecordBatchReader(row_groups, columns_));
  return arrow::Status::OK();
}

arrow::Status Int96Guard::Check(int64_t rows) {
  due_ += rows;
  while (due_ > 0) {
    reader_->set_batch_size(due_);
    ARROW_ASSIGN_OR_RAISE(auto batch, batches_->Next());
    if (batch == nullptr) {
      return arrow::Status::Invalid("INT96 columns of it have fewer rows than others");
    }
    ARROW_RETURN_NOT_OK(CheckBatch(*batch));
    due_ -= batch->num_rows();
  }
  return arrow::Status::OK();
}

arrow::Status Int96Guard::CheckBatch(const arrow::RecordBatch& batch) const {
  for (int i = 0; i < batch.num_columns(); ++i) {
    if (FitsNanoseconds(*batch.column_data(i))) continue;
    return arrow::Status::Invalid(
        "column ", batch.column_name(i),
        " holds an INT96 instant outside of the years 1677 to 2262, which would come out "
        "as another one; write it as TIMESTAMP(MICROS)");
  }
  return arrow::Status::OK();
}

}  // namespace s3source
