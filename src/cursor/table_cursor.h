#pragma once

#include <arrow/result.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/object.h"
#include "store/timestamp.h"

namespace s3source {

/// State key of a table's cursor: s3/{bucket}/{table}/last_modified_cursor, the Go
/// plugin's.
std::string CursorKey(std::string_view bucket, std::string_view table);
/// State key of the schema a table was last announced with: s3/{bucket}/{table}/schema.
std::string SchemaKey(std::string_view bucket, std::string_view table);

/// What of a table was delivered: every object up to a LastModified.
class TableCursor {
 public:
  TableCursor() = default;

  /// From a state value; "" is a cursor before everything. Invalid names the text; the
  /// caller adds the state key and the remedy.
  static arrow::Result<TableCursor> Decode(std::string_view value);

  /// The objects still to be delivered, in their order: those modified after the decoded
  /// time, whatever was recorded since.
  std::vector<Object> Plan(const std::vector<Object>& listed) const;
  /// `object` was delivered whole.
  void Record(const Object& object);
  /// The state value, never before the decoded one: "" before anything was delivered.
  std::string Encode() const;

 private:
  std::optional<Timestamp> newest_;     ///< as decoded; Plan decides by it
  std::optional<Timestamp> delivered_;  ///< newest recorded since
};

}  // namespace s3source
