#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cq {

/// One key of the state table, as this process sees it.
struct StateRow {
  std::string value;
  uint64_t version = 0;
  bool changed = false;  ///< since it was read or last written
};

using StateRows = std::map<std::string, StateRow, std::less<>>;

/// The schema of the table that keeps state: key, value, version.
std::shared_ptr<arrow::Schema> StateSchema(const std::string& table_name);

/// Takes over the rows of `record`, whose first three columns are key, value and version
/// whatever their names; a row replaces one of the same key unless its version is
/// smaller. Without a version (older plugins had none) it is 0. Invalid when the columns
/// are of other types.
arrow::Status MergeRecord(const arrow::RecordBatch& record, StateRows& rows);

/// The schema to ask for one text column of another table with.
std::shared_ptr<arrow::Schema> TextSchema(const std::string& table_name,
                                          const std::string& column);
/// Adds the texts of the first column of `record`, whatever its name, NULL as "". Invalid
/// when it is none of texts.
arrow::Status AppendTexts(const arrow::RecordBatch& record,
                          std::vector<std::string>& texts);

/// The changed rows as one record of `schema`.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> ChangedRecord(
    const StateRows& rows, std::shared_ptr<arrow::Schema> schema);

}  // namespace cq
