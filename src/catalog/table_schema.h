#pragma once

#include <memory>
#include <string>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "cloudquery/schema/table.h"

namespace s3source {

/// The table of this name whose files have `file_schema` (as read/ gives it: destination-friendly
/// types, final column names, cq:extension:* field metadata where the file brought some).
/// Incremental always. Unless the file brings its own `_cq_id`, `_cq_id` and `_cq_parent_id` stand in
/// front, `_cq_id` as primary key when no other column is one.
arrow::Result<cq::Table> MakeTable(const std::string& name, const arrow::Schema& file_schema);

/// The schema that holds the rows of both: same names, order and types, with a field (at any depth)
/// nullable where either is. Field metadata is ignored (`known`'s stays). Invalid lists the fields that
/// differ, each as `name: type` of both sides.
arrow::Result<std::shared_ptr<arrow::Schema>> MergeSchemas(const std::shared_ptr<arrow::Schema>& known,
                                                           const arrow::Schema& incoming);

}  // namespace s3source
