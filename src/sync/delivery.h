#pragma once

#include <arrow/status.h>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "read/object_reader.h"
#include "sync/table_sync.h"

namespace s3source {

/// How far an object, or a piece of one, came.
struct Delivered {
  int64_t rows = 0;      ///< handed to the sink
  arrow::Status status;  ///< OK: all of them
};

/// Sends every row of an opened object, or of its piece, as records of at most
/// `rows_per_record` rows, with
/// `_cq_id` and `_cq_parent_id` in front where the table has them from us. The table is
/// announced with a schema that holds the object's rows.
Delivered DeliverObject(ObjectReader& reader, const std::string& bucket,
                        const Object& object, TableSync& table, int64_t rows_per_record,
                        std::stop_token stop);

}  // namespace s3source
