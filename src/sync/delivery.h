#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "read/object_reader.h"
#include "sync/table_sync.h"

namespace s3source {

/// Sends every row of an opened object as records of at most `rows_per_record` rows, with
/// `_cq_id` and `_cq_parent_id` in front where the table has them from us. Returns the
/// number of rows. The table is announced with a schema that holds the object's rows.
arrow::Result<int64_t> DeliverObject(ObjectReader& reader, const std::string& bucket,
                                     const Object& object, TableSync& table,
                                     int64_t rows_per_record, std::stop_token stop);

}  // namespace s3source
