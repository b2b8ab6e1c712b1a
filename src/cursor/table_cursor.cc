#include "cursor/table_cursor.h"

#include <arrow/result.h>
#include <arrow/status.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace s3source {
namespace {

std::string StateKey(std::string_view bucket, std::string_view table,
                     std::string_view what) {
  std::string key = "s3/";
  key.append(bucket).append("/").append(table).append("/").append(what);
  return key;
}

}  // namespace

std::string CursorKey(std::string_view bucket, std::string_view table) {
  return StateKey(bucket, table, "last_modified_cursor");
}

std::string SchemaKey(std::string_view bucket, std::string_view table) {
  return StateKey(bucket, table, "schema");
}

arrow::Result<TableCursor> TableCursor::Decode(std::string_view value) {
  TableCursor cursor;
  if (value.empty()) return cursor;
  const auto time = ParseTimestamp(value);
  if (!time.ok()) {
    return time.status().WithMessage("broken cursor: ", time.status().message());
  }
  cursor.newest_ = *time;
  return cursor;
}

std::vector<Object> TableCursor::Plan(const std::vector<Object>& listed) const {
  std::vector<Object> planned;
  std::copy_if(listed.begin(), listed.end(), std::back_inserter(planned),
               [this](const Object& object) {
                 return !newest_ || object.last_modified > *newest_;
               });
  return planned;
}

void TableCursor::Record(const Object& object) {
  // An empty optional is less than any time.
  delivered_ = std::max<std::optional<Timestamp>>(delivered_, object.last_modified);
}

std::string TableCursor::Encode() const {
  const auto newest = std::max(newest_, delivered_);
  return newest ? FormatTimestamp(*newest) : "";
}

}  // namespace s3source
