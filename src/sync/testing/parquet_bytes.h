#pragma once

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <parquet/arrow/writer.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace s3source::testing {

/// A Parquet file of `table`, with row groups of `row_group_rows` rows.
inline std::string ParquetBytes(const arrow::Table& table,
                                int64_t row_group_rows = 1000) {
  const auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  const auto written = parquet::arrow::WriteTable(table, arrow::default_memory_pool(),
                                                  sink, row_group_rows);
  return written.ok() ? sink->Finish().ValueOrDie()->ToString() : written.ToString();
}

/// A column `name` of the numbers from `first` on.
inline std::shared_ptr<arrow::Table> Numbers(const std::string& name, int64_t first,
                                             int64_t count, bool nullable = true) {
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < count; ++i) {
    if (!builder.Append(first + i).ok()) return nullptr;
  }
  return arrow::Table::Make(
      arrow::schema({arrow::field(name, arrow::int64(), nullable)}),
      {std::make_shared<arrow::ChunkedArray>(builder.Finish().ValueOrDie())}, count);
}

}  // namespace s3source::testing
