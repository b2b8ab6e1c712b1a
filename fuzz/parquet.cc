// An object of any bytes gives rows as its footer announces, or a fault that names it; in
// bounded memory.
#include <arrow/record_batch.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "expect.h"
#include "read/object_reader.h"
#include "store/fault.h"
#include "store/memory_store.h"

using s3source::FetchObject;
using s3source::HasFault;
using s3source::MemoryStore;
using s3source::ObjectReader;
using s3source::ReadOptions;

namespace {

constexpr int64_t kMostBatches = 64;

ReadOptions Options(bool large) {
  ReadOptions options;
  options.decode_bytes = 64 << 20;
  options.max_decode_bytes = 128 << 20;
  options.batch_rows = 1000;
  // Small files then go the way of large ones.
  if (large) {
    options.whole_object_bytes = 64;
    options.footer_bytes = 64;
    options.range_bytes = 512;
    options.hole_bytes = 16;
    options.row_group_prefetch_bytes = 1024;
  }
  return options;
}

arrow::Status ReadAll(MemoryStore& store, const s3source::Object& object, bool large) {
  const ReadOptions options = Options(large);
  const auto future = FetchObject(store, object, options, {});
  ARROW_ASSIGN_OR_RAISE(auto fetched, future.result());
  ARROW_ASSIGN_OR_RAISE(auto reader,
                        ObjectReader::Open(store, std::move(fetched), options, {}));
  int64_t rows = 0;
  for (int64_t i = 0; i < kMostBatches; ++i) {
    ARROW_ASSIGN_OR_RAISE(auto batch, reader->Next());
    if (batch == nullptr) {
      EXPECT_THAT_ALWAYS(rows == reader->num_rows() ||
                         reader->schema()->num_fields() == 0);
      return arrow::Status::OK();
    }
    EXPECT_THAT_ALWAYS(batch->num_rows() > 0);
    EXPECT_THAT_ALWAYS(batch->schema()->Equals(*reader->schema()));
    EXPECT_THAT_ALWAYS(batch->ValidateFull().ok());
    rows += batch->num_rows();
  }
  return arrow::Status::OK();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  MemoryStore store;
  const auto object =
      store.Put("fuzz.parquet", std::string(reinterpret_cast<const char*>(data), size));
  for (const bool large : {false, true}) {
    const arrow::Status status = ReadAll(store, object, large);
    EXPECT_THAT_ALWAYS(status.ok() || HasFault(status));
  }
  return 0;
}
