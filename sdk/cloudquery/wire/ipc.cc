#include "cloudquery/wire/ipc.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/options.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "cloudquery/wire/framing.h"

namespace cq {
namespace {

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenStream(
    std::shared_ptr<arrow::Buffer> stream) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  // Bytes from a gRPC message start at any address.
  options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
  options.use_threads = false;
  return arrow::ipc::RecordBatchStreamReader::Open(
      std::make_shared<arrow::io::BufferReader>(std::move(stream)), options);
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::Buffer>> EncodeSchema(const arrow::Schema& schema) {
  ARROW_RETURN_NOT_OK(RefuseDictionaries(schema));
  ARROW_ASSIGN_OR_RAISE(auto message, arrow::ipc::SerializeSchema(schema));
  return arrow::ConcatenateBuffers({std::move(message), EndOfStream(0)});
}

arrow::Result<std::shared_ptr<arrow::Schema>> DecodeSchema(
    std::shared_ptr<arrow::Buffer> stream) {
  ARROW_ASSIGN_OR_RAISE(auto reader, OpenStream(std::move(stream)));
  return reader->schema();
}

arrow::Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> DecodeRecords(
    std::shared_ptr<arrow::Buffer> stream) {
  ARROW_ASSIGN_OR_RAISE(auto reader, OpenStream(std::move(stream)));
  ARROW_ASSIGN_OR_RAISE(auto batches, reader->ToRecordBatches());
  // The reader checks the messages, not what offsets and lengths in their bodies point
  // at.
  for (const auto& batch : batches) ARROW_RETURN_NOT_OK(batch->ValidateFull());
  return batches;
}

}  // namespace cq
