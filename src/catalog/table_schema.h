#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "cloudquery/schema/table.h"

namespace s3source {

/// The table of this name whose files have `file_schema` (as read/ gives it:
/// destination-friendly types, final column names, cq:extension:* field metadata where
/// the file brought some). Incremental always; the file's own metadata about tables is
/// not looked at. Unless the file brings its own `_cq_id`, `_cq_id` and `_cq_parent_id`
/// stand in front, `_cq_id` as primary key when no other column is one. Invalid when two
/// columns share a name or one has none.
arrow::Result<cq::Table> MakeTable(const std::string& name,
                                   const arrow::Schema& file_schema);

/// The schema that holds the rows of both: same names, order and types, with a field (at
/// any depth) nullable where either is. Field metadata and the names of a list's items
/// and a map's entries are ignored (`known`'s stay); map keys count as sorted where both
/// are. Returns `known` itself when it holds `incoming` as it is. Invalid lists the
/// fields that differ, those inside nested ones by their path (`address.zip`, `tags[]`),
/// each as `name: type` of both sides: a text to which the caller adds table, keys and
/// remedy.
arrow::Result<std::shared_ptr<arrow::Schema>> MergeSchemas(
    const std::shared_ptr<arrow::Schema>& known, const arrow::Schema& incoming);

}  // namespace s3source
