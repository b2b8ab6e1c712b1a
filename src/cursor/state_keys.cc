#include <string>
#include <string_view>

#include "cursor/table_cursor.h"

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

std::string DeliveredKey(std::string_view bucket, std::string_view table,
                         const KeyShare& share) {
  std::string key = StateKey(bucket, table, "delivered");
  if (!share.whole()) {
    key += "/" + std::to_string(share.num) + "of" + std::to_string(share.total);
  }
  return key;
}

}  // namespace s3source
