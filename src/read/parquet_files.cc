#include "read/parquet_files.h"

#include <arrow/array.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_writer.h>

#include <utility>
#include <vector>

namespace s3source::testing {

void ReplaceFirst(const std::string& what, const std::string& by, std::string* file) {
  const size_t at = file->find(what);
  ASSERT_NE(at, std::string::npos);
  file->replace(at, what.size(), by);
}

arrow::Result<std::string> WriteParquet(const arrow::Table& table,
                                        const WriteOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto out, arrow::io::BufferOutputStream::Create());
  parquet::WriterProperties::Builder properties;
  options.properties(properties);
  parquet::ArrowWriterProperties::Builder arrow_properties;
  if (options.store_schema) arrow_properties.store_schema();
  if (options.int96) arrow_properties.enable_deprecated_int96_timestamps();
  ARROW_RETURN_NOT_OK(parquet::arrow::WriteTable(
      table, arrow::default_memory_pool(), out, options.row_group_rows,
      properties.build(), arrow_properties.build()));
  ARROW_ASSIGN_OR_RAISE(auto buffer, out->Finish());
  return buffer->ToString();
}

std::string WriteRawParquet(
    const parquet::schema::NodeVector& columns,
    const std::function<void(parquet::RowGroupWriter&)>& fill,
    const std::function<void(parquet::WriterProperties::Builder&)>& properties) {
  using parquet::schema::GroupNode;
  const auto root = std::static_pointer_cast<GroupNode>(
      GroupNode::Make("schema", parquet::Repetition::REQUIRED, columns));
  auto out = arrow::io::BufferOutputStream::Create().ValueOrDie();
  parquet::WriterProperties::Builder builder;
  properties(builder);
  auto writer = parquet::ParquetFileWriter::Open(out, root, builder.build());
  fill(*writer->AppendRowGroup());
  writer->Close();
  return out->Finish().ValueOrDie()->ToString();
}

std::shared_ptr<arrow::Table> OneColumn(const std::shared_ptr<arrow::Array>& array) {
  return arrow::Table::Make(arrow::schema({arrow::field("c", array->type())}), {array});
}

arrow::Result<std::unique_ptr<ObjectReader>> OpenObject(ObjectStore& store,
                                                        const Object& object,
                                                        const ReadOptions& options,
                                                        std::stop_token stop) {
  const auto fetching = FetchObject(store, object, options, stop);
  ARROW_ASSIGN_OR_RAISE(FetchedObject fetched, fetching.result());
  return ObjectReader::Open(store, std::move(fetched), options, std::move(stop));
}

arrow::Result<std::shared_ptr<arrow::Table>> ReadRest(ObjectReader& reader) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto batch, reader.Next());
    if (batch == nullptr) break;
    ARROW_RETURN_NOT_OK(batch->ValidateFull());
    if (batch->num_rows() == 0 || !batch->schema()->Equals(*reader.schema(), true)) {
      return arrow::Status::Invalid("a batch breaks the reader's promises");
    }
    batches.push_back(std::move(batch));
  }
  return arrow::Table::FromRecordBatches(reader.schema(), batches);
}

arrow::Result<std::shared_ptr<arrow::Table>> ReadObject(ObjectStore& store,
                                                        const Object& object,
                                                        const ReadOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto reader, OpenObject(store, object, options));
  ARROW_ASSIGN_OR_RAISE(auto table, ReadRest(*reader));
  if (table->num_rows() != reader->num_rows() && table->num_columns() > 0) {
    return arrow::Status::Invalid("num_rows() says ", reader->num_rows(),
                                  ", the batches hold ", table->num_rows());
  }
  return table;
}

}  // namespace s3source::testing
