#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <functional>
#include <memory>
#include <string>

#include "read/object_reader.h"
#include "store/object_store.h"

namespace parquet {
class RowGroupWriter;
}  // namespace parquet

namespace s3source::testing {

struct WriteOptions {
  int64_t row_group_rows = 1 << 20;
  bool store_schema = true;  ///< the ARROW:schema of the footer
  bool int96 = false;
  std::function<void(parquet::WriterProperties::Builder&)> properties = [](auto&) {};
};

/// A way to write pages.
struct PageForm {
  const char* name;
  std::function<void(parquet::WriterProperties::Builder&)> properties;
};

/// Puts `by` in the place of the first `what`. Fails the test when there is none.
void ReplaceFirst(const std::string& what, const std::string& by, std::string* file);

/// The bytes of a Parquet file that holds `table`.
arrow::Result<std::string> WriteParquet(const arrow::Table& table,
                                        const WriteOptions& options = {});

/// The bytes of a file of one row group that `fill` writes, without a stored Arrow
/// schema.
std::string WriteRawParquet(
    const parquet::schema::NodeVector& columns,
    const std::function<void(parquet::RowGroupWriter&)>& fill,
    const std::function<void(parquet::WriterProperties::Builder&)>& properties =
        [](auto&) {});

/// One column named `c` of one array.
std::shared_ptr<arrow::Table> OneColumn(const std::shared_ptr<arrow::Array>& array);

/// Fetches and opens an object.
arrow::Result<std::unique_ptr<ObjectReader>> OpenObject(ObjectStore& store,
                                                        const Object& object,
                                                        const ReadOptions& options = {},
                                                        std::stop_token stop = {});
/// All rows that are left; Invalid when a batch is empty or not in the reader's schema.
arrow::Result<std::shared_ptr<arrow::Table>> ReadRest(ObjectReader& reader);
/// Both.
arrow::Result<std::shared_ptr<arrow::Table>> ReadObject(ObjectStore& store,
                                                        const Object& object,
                                                        const ReadOptions& options = {});

}  // namespace s3source::testing
