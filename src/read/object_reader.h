#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>
#include <arrow/util/future.h>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "read/memory_budget.h"
#include "store/object.h"
#include "store/object_store.h"

namespace s3source {

/// What decides how an object is fetched and decoded. memory_plan.h derives the sizes.
struct ReadOptions {
  /// Up to this size, one GET fetches the whole object.
  int64_t whole_object_bytes = 8 << 20;
  /// Of larger objects, the first GET: the last bytes.
  int64_t footer_bytes = 64 << 10;
  /// A larger footer is malformed.
  int64_t max_footer_bytes = 16 << 20;
  /// What a ranged GET of column data may have.
  int64_t range_bytes = 8 << 20;
  /// Gaps up to this are fetched along.
  int64_t hole_bytes = 1 << 20;
  /// What is fetched ahead of decoding, as far as the budget has room. A larger row group
  /// is streamed column by column: each column holds its share of this, at least 256 KiB.
  int64_t row_group_prefetch_bytes = 64 << 20;
  /// Rows decoded at once, at most.
  int64_t batch_rows = 16 << 10;
  /// The decoded size of a batch to aim at; one row may be larger.
  int64_t batch_bytes = 16 << 20;
  /// The rows of a record: batches end, where they can, with the end of a record.
  int64_t record_rows = 1;
  /// What decoding an object may allocate, beside the pages and dictionaries that its
  /// columns hold at once, as far as its footer tells.
  int64_t decode_bytes = 512 << 20;
  /// Both together, whatever the footer says. An object that takes more is unreadable.
  int64_t max_decode_bytes = int64_t{2} << 30;
  /// What all objects share. Null: each may take what the sizes allow.
  std::shared_ptr<MemoryBudget> budget;
  /// Parquet's columns: the leaves of nested ones count.
  int32_t max_columns = 10000;
  /// Of nested types; a flat column has depth 1.
  int32_t max_depth = 32;
};

/// The end of an object, fetched: of a small one, all of it. Holds its bytes until it is
/// opened.
struct FetchedObject {
  Object object;
  std::shared_ptr<arrow::Buffer> tail;  ///< the last tail->size() bytes
};

/// First step, not blocking: the one GET that tells the schema (and, of a small object,
/// everything). An object of fewer than 12 bytes is malformed without a request.
arrow::Future<FetchedObject> FetchObject(ObjectStore& store, const Object& object,
                                         const ReadOptions& options,
                                         std::stop_token stop);

/// Reads one Parquet object, or after Split a piece of it, as record batches, front to
/// back, each byte fetched at most once. Not thread-safe; blocks on the store where more
/// bytes are needed, and decodes on the calling thread. Batches may outlive the reader.
/// Destroying it cancels what is still being fetched.
///
/// Errors are Faults: what cannot be decoded is kMalformed and names the object; those of
/// the store pass unchanged; after stop it is kCancelled. After an error every Next gives
/// the same one.
class ObjectReader {
 public:
  /// Parses the footer; blocks on the store only when the footer is larger than the tail.
  /// `store` outlives the reader.
  static arrow::Result<std::unique_ptr<ObjectReader>> Open(ObjectStore& store,
                                                           FetchedObject fetched,
                                                           const ReadOptions& options,
                                                           std::stop_token stop);
  virtual ~ObjectReader() = default;

  /// The columns as they go to destinations: types of type_mapping.h, names of
  /// column_names.h, no metadata but cq:extension:* on fields.
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  /// Of all row groups, from the footer; exactly as many are delivered before the end.
  virtual int64_t num_rows() const = 0;
  /// The number of the first of them in the object: 0 unless this is a piece.
  virtual int64_t first_row() const { return 0; }
  /// What it may come to allocate at once, as far as the footer tells.
  virtual int64_t expected_bytes() const = 0;
  /// The next rows in schema(), at least one, validated; null at the end. A file without
  /// columns has none.
  virtual arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;

  /// Before the first Next: keeps the first of up to `pieces` pieces of about equal size
  /// and returns readers of the others, in the order of their rows, each of which may be
  /// used by a thread of its own. None where the object was fetched whole or is too small
  /// for two. Costs no request. `stop` then cancels all of them, in place of the one that
  /// was given to Open. After an error this one is as it was.
  virtual arrow::Result<std::vector<std::unique_ptr<ObjectReader>>> Split(
      int /*pieces*/, const std::stop_token& /*stop*/) {
    return std::vector<std::unique_ptr<ObjectReader>>();
  }
};

}  // namespace s3source
