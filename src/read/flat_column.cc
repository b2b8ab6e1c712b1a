#include "read/flat_column.h"

#include <arrow/status.h>
#include <parquet/schema.h>

namespace s3source {

arrow::Status TooFewValues() {
  return arrow::Status::Invalid("a page of it holds fewer values than it announces");
}

bool IsFlat(const parquet::ColumnDescriptor& column) {
  return column.max_repetition_level() == 0 && column.max_definition_level() <= 1 &&
         column.path()->ToDotVector().size() == 1;
}

}  // namespace s3source
