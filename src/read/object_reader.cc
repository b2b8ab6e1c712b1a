#include "read/object_reader.h"

#include <arrow/array/array_base.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "read/batch_size.h"
#include "read/column_names.h"
#include "read/decoded_array.h"
#include "read/extension_values.h"
#include "read/file_plan.h"
#include "read/footer.h"
#include "read/int96_guard.h"
#include "read/object_fault.h"
#include "read/object_pool.h"
#include "read/parquet_file.h"
#include "read/part_reader.h"
#include "read/range_file.h"
#include "read/source_types.h"
#include "read/type_mapping.h"
#include "store/fault.h"

namespace s3source {

namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;
using SchemaPtr = std::shared_ptr<arrow::Schema>;

/// "PAR1", an empty footer's length, "PAR1".
constexpr int64_t kMinObjectBytes = 12;
constexpr int32_t kThriftStringBytes = 16 << 20;
constexpr int32_t kThriftContainerSize = 200000;
constexpr int64_t kRangesOfPiece = 2;  // a piece of less is not worth it

/// The one door to the Parquet library: what it throws becomes a Status.
template <typename Call>
auto AtDoor(Call&& call) -> decltype(call()) {
  try {
    return call();
  } catch (const parquet::ParquetStatusException& e) {
    return e.status();
  } catch (const std::bad_alloc&) {
    return arrow::Status::OutOfMemory(
        "there is not enough memory to decode it, give the plugin more");
  } catch (const std::exception& e) {
    return arrow::Status::Invalid(e.what());
  }
}

int64_t DecodeLimit(const ReadOptions& options, int64_t column_bytes) {
  const int64_t room =
      std::max<int64_t>(0, options.max_decode_bytes - options.decode_bytes);
  return std::min(options.decode_bytes, options.max_decode_bytes) +
         std::min(column_bytes, room);
}

parquet::ReaderProperties ParquetProperties(arrow::MemoryPool* pool) {
  parquet::ReaderProperties properties(pool);
  properties.set_page_checksum_verification(true);
  properties.set_thrift_string_size_limit(kThriftStringBytes);
  properties.set_thrift_container_size_limit(kThriftContainerSize);
  return properties;
}

parquet::ArrowReaderProperties ArrowProperties() {
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_pre_buffer(false);
  properties.set_arrow_extensions_enabled(true);
  return properties;
}

arrow::Status CheckDepth(const arrow::Schema& schema, int32_t max_depth) {
  for (const auto& field : schema.fields()) {
    const int depth = DepthOf(*field->type());
    if (depth > max_depth) {
      return arrow::Status::Invalid("column ", field->name(), " is nested ", depth,
                                    " levels deep, more than the limit of ", max_depth);
    }
  }
  return arrow::Status::OK();
}

/// What FileReader::GetSchema gives, which makes the manifest anew.
SchemaPtr ReadSchema(const parquet::arrow::SchemaManifest& manifest) {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  fields.reserve(manifest.schema_fields.size());
  for (const auto& column : manifest.schema_fields) fields.push_back(column.field);
  return arrow::schema(std::move(fields));
}

arrow::Result<SchemaPtr> MapSchema(const arrow::Schema& source) {
  const std::vector<std::string> names = FinalColumnNames(source.field_names());
  std::vector<std::shared_ptr<arrow::Field>> fields;
  fields.reserve(names.size());
  for (int i = 0; i < source.num_fields(); ++i) {
    auto field = MapField(*source.field(i));
    if (!field.ok()) {
      return field.status().WithMessage("column ", names[i], ": ",
                                        field.status().message());
    }
    fields.push_back((*field)->WithName(names[i]));
  }
  return arrow::schema(std::move(fields));
}

class ParquetObjectReader final : public ObjectReader {
 public:
  ParquetObjectReader(ObjectStore& store, Object object, const ReadOptions& options,
                      std::stop_token stop)
      : store_(store),
        object_(std::move(object)),
        options_(options),
        pool_(std::make_shared<ObjectPool>(arrow::default_memory_pool(),
                                           DecodeLimit(options, 0), options.budget)),
        batch_size_(options.batch_rows, options.batch_bytes, options.record_rows) {
    StopWith(std::move(stop));
  }

  ~ParquetObjectReader() override {
    stop_.request_stop();
    pool_->EndPromise();
  }

  arrow::Status Init(FetchedObject fetched) {
    const arrow::Status status = AtDoor([&] { return OpenFile(std::move(fetched)); });
    return status.ok() ? status : AsFault(status);
  }

  const SchemaPtr& schema() const override { return schema_; }
  int64_t num_rows() const override { return plan_.rows; }
  int64_t first_row() const override { return plan_.first_row; }
  int64_t expected_bytes() const override {
    const int64_t most = options_.max_decode_bytes;
    return std::min(plan_.column_bytes, most - std::min(most, options_.batch_bytes)) +
           std::min(most, options_.batch_bytes);
  }

  arrow::Result<BatchPtr> Next() override {
    ARROW_RETURN_NOT_OK(failure_);
    pool_->Promise(expected_bytes(), stop_.get_token(), options_.batch_bytes);
    arrow::Result<BatchPtr> batch = AtDoor([&] { return ReadNext(); });
    if (!batch.ok()) {
      failure_ = AsFault(batch.status());
      return failure_;
    }
    pool_->RowsMayBeSent();
    return batch;
  }

  arrow::Result<std::vector<std::unique_ptr<ObjectReader>>> Split(
      int pieces, const std::stop_token& stop) override {
    std::vector<std::unique_ptr<ObjectReader>> others;
    if (tail_->size() == object_.size_bytes) return others;
    std::vector<FilePlan> plans =
        SplitPlan(plan_, pieces, kRangesOfPiece * options_.range_bytes);
    if (plans.size() < 2) return others;
    for (size_t i = 1; i < plans.size(); ++i) {
      auto other = std::make_unique<ParquetObjectReader>(store_, object_, options_, stop);
      const arrow::Status status =
          AtDoor([&] { return other->OpenPiece(*this, std::move(plans[i])); });
      if (!status.ok()) return AsFault(status);
      others.push_back(std::move(other));
    }
    StopWith(stop);
    plan_ = std::move(plans.front());
    pool_->RowsMayBeSent();  // by the others
    return others;
  }

 private:
  void StopWith(std::stop_token stop) {
    on_stop_.emplace(std::move(stop), [this] { stop_.request_stop(); });
  }

  arrow::Status OpenFile(FetchedObject fetched) {
    // Pieces share the footer and may outlive this and its pool.
    ARROW_ASSIGN_OR_RAISE(
        footer_,
        ReadFooter(store_, &fetched, options_,
                   ParquetProperties(arrow::default_memory_pool()), stop_.get_token()));
    tail_ = std::move(fetched.tail);
    const int64_t held_from = object_.size_bytes - tail_->size();
    ARROW_ASSIGN_OR_RAISE(plan_,
                          PlanFile(*footer_, object_.size_bytes, held_from, options_));
    return OpenColumns();
  }

  arrow::Status OpenPiece(const ParquetObjectReader& whole, FilePlan plan) {
    footer_ = whole.footer_;
    tail_ = whole.tail_;
    plan_ = std::move(plan);
    pool_->RowsMayBeSent();
    return OpenColumns();
  }

  arrow::Status OpenColumns() {
    const parquet::ReaderProperties properties = ParquetProperties(pool_.get());
    pool_->SetLimit(DecodeLimit(options_, plan_.column_bytes));
    file_ = std::make_shared<RangeFile>(store_, FetchedObject{object_, tail_}, plan_,
                                        options_, stop_.get_token(), pool_.get());
    ARROW_ASSIGN_OR_RAISE(
        file_reader_,
        parquet::arrow::FileReader::Make(
            pool_.get(), OpenParquet(file_, properties, footer_), ArrowProperties()));
    if (Int96Guard::IsNeeded(*footer_)) {
      ARROW_ASSIGN_OR_RAISE(int96_guard_,
                            Int96Guard::Open(file_, properties, footer_, pool_.get()));
    }
    const parquet::arrow::SchemaManifest& manifest = file_reader_->manifest();
    const SchemaPtr read = ReadSchema(manifest);
    ARROW_RETURN_NOT_OK(CheckDepth(*read, options_.max_depth));
    ARROW_ASSIGN_OR_RAISE(source_schema_, SourceSchema(manifest, *read));
    ARROW_ASSIGN_OR_RAISE(schema_, MapSchema(*source_schema_));
    reader_ = std::make_unique<PartReader>(file_reader_.get(), schema_, pool_.get());
    return arrow::Status::OK();
  }

  arrow::Result<BatchPtr> ReadNext() {
    while (true) {
      if (stop_.stop_requested()) {
        return MakeFault(
            FaultReason::kCancelled,
            "reading " + ObjectName(store_.bucket(), object_) + " was cancelled");
      }
      if (!reader_->in_part()) {
        if (schema_->num_fields() == 0 || part_ == plan_.parts.size()) return nullptr;
        ARROW_RETURN_NOT_OK(BeginPart());
      }
      ARROW_ASSIGN_OR_RAISE(PartReader::Columns read, reader_->Next(batch_size_.rows()));
      if (read.rows == 0) {
        ARROW_RETURN_NOT_OK(EndPart());
        continue;
      }
      part_rows_ += read.rows;
      ARROW_RETURN_NOT_OK(Guard([&] { return int96_guard_->Check(read.rows); }));
      return Finish(std::move(read));
    }
  }

  arrow::Status BeginPart() {
    file_->NextPart();
    const FilePart& part = plan_.parts[part_];
    part_rows_ = 0;
    batch_size_.Expect(part.rows, part.decoded_bytes);
    ARROW_RETURN_NOT_OK(Guard([&] { return int96_guard_->Begin(part.row_groups); }));
    return reader_->Begin(part);
  }

  template <typename Call>
  arrow::Status Guard(Call&& call) {
    if (!int96_guard_) return arrow::Status::OK();
    file_->SetReader(RangeFile::Reader::kSecond);
    const arrow::Status status = call();
    file_->SetReader(RangeFile::Reader::kFirst);
    return status;
  }

  arrow::Status EndPart() {
    reader_->End();
    const FilePart& part = plan_.parts[part_++];
    if (part_rows_ == part.rows) return arrow::Status::OK();
    return arrow::Status::Invalid("its footer announces ", part.rows,
                                  " rows from row group ", part.row_groups.front(),
                                  " to ", part.row_groups.back(), ", its pages hold ",
                                  part_rows_);
  }

  arrow::Result<BatchPtr> Finish(PartReader::Columns read) {
    for (int i = 0; i < schema_->num_fields(); ++i) {
      auto column = FinishColumn(read.arrays[i], i);
      if (!column.ok()) {
        return column.status().WithMessage("column ", schema_->field(i)->name(), ": ",
                                           column.status().message());
      }
      read.arrays[i] = *std::move(column);
    }
    const BatchPtr batch =
        arrow::RecordBatch::Make(schema_, read.rows, std::move(read.arrays));
    int64_t bytes = 0;
    for (const auto& column : batch->column_data()) bytes += BufferBytes(*column);
    batch_size_.Observe(batch->num_rows(), bytes);
    return batch;
  }

  arrow::Result<std::shared_ptr<arrow::Array>> FinishColumn(
      const std::shared_ptr<arrow::Array>& read, int i) const {
    if (reader_->IsFinal(i)) return arrow::MakeArray(HoldPool(*read->data(), pool_));
    std::shared_ptr<arrow::Array> column = read;
    const auto& source_type = source_schema_->field(i)->type();
    if (!read->type()->Equals(*source_type)) {
      column = arrow::MakeArray(Relabel(*read->data(), source_type));
    }
    ARROW_RETURN_NOT_OK(CheckDecoded(*column));
    ARROW_ASSIGN_OR_RAISE(column,
                          MapArray(column, schema_->field(i)->type(), pool_.get()));
    ARROW_RETURN_NOT_OK(CheckExtensionValues(*column));
    return arrow::MakeArray(HoldPool(*column->data(), pool_));
  }

  arrow::Status AsFault(const arrow::Status& status) const {
    if (file_ != nullptr && !file_->store_error().ok()) return file_->store_error();
    if (HasFault(status)) return status;
    if (status.IsCancelled() || stop_.stop_requested()) {
      return MakeFault(
          FaultReason::kCancelled,
          "reading " + ObjectName(store_.bucket(), object_) + " was cancelled");
    }
    if (pool_->gave_up()) {
      return NoMemory(store_.bucket(), object_, status.message());
    }
    if (status.IsOutOfMemory() || status.IsCapacityError()) {
      return TooLarge(store_.bucket(), object_, status.message());
    }
    return Malformed(store_.bucket(), object_, status.message());
  }

  ObjectStore& store_;
  const Object object_;
  const ReadOptions options_;
  std::stop_source stop_;  ///< of our own requests
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
  const std::shared_ptr<ObjectPool> pool_;
  BatchSize batch_size_;

  std::shared_ptr<parquet::FileMetaData> footer_;
  std::shared_ptr<arrow::Buffer> tail_;
  FilePlan plan_;
  std::shared_ptr<RangeFile> file_;
  std::unique_ptr<parquet::arrow::FileReader> file_reader_;
  std::optional<Int96Guard> int96_guard_;
  SchemaPtr source_schema_;
  SchemaPtr schema_;
  std::unique_ptr<PartReader> reader_;
  size_t part_ = 0;
  int64_t part_rows_ = 0;
  arrow::Status failure_;
};

}  // namespace

arrow::Future<FetchedObject> FetchObject(ObjectStore& store, const Object& object,
                                         const ReadOptions& options,
                                         std::stop_token stop) {
  const int64_t size = object.size_bytes;
  if (size < kMinObjectBytes) {
    return arrow::Future<FetchedObject>::MakeFinished(Malformed(
        store.bucket(), object,
        "it has " + std::to_string(size) + " bytes, too few for a Parquet file"));
  }
  const int64_t wanted =
      size <= options.whole_object_bytes ? size : std::min(size, options.footer_bytes);
  return store.Read(object, {size - wanted, wanted}, std::move(stop))
      .Then([object](const std::shared_ptr<arrow::Buffer>& tail) {
        return FetchedObject{object, tail};
      });
}

arrow::Result<std::unique_ptr<ObjectReader>> ObjectReader::Open(
    ObjectStore& store, FetchedObject fetched, const ReadOptions& options,
    std::stop_token stop) {
  auto reader = std::make_unique<ParquetObjectReader>(store, fetched.object, options,
                                                      std::move(stop));
  ARROW_RETURN_NOT_OK(reader->Init(std::move(fetched)));
  return reader;
}

}  // namespace s3source
