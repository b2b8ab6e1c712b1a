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

std::string OfShare(std::string key, const KeyShare& share) {
  if (share.whole()) return key;
  return key + "/" + std::to_string(share.num) + "of" + std::to_string(share.total);
}

constexpr std::string_view kDelivered = "delivered";
constexpr std::string_view kPending = "pending";

}  // namespace

std::string StatePrefix(std::string_view bucket, std::string_view table) {
  return StateKey(bucket, table, "");
}

std::string CursorKey(std::string_view bucket, std::string_view table) {
  return StateKey(bucket, table, "last_modified_cursor");
}

std::string SchemaKey(std::string_view bucket, std::string_view table) {
  return StateKey(bucket, table, "schema");
}

std::string DeliveredKey(std::string_view bucket, std::string_view table,
                         const KeyShare& share) {
  return OfShare(StateKey(bucket, table, kDelivered), share);
}

std::string PendingKey(std::string_view bucket, std::string_view table,
                       const KeyShare& share) {
  return OfShare(StateKey(bucket, table, kPending), share);
}

std::string DeliveredKeyOfPending(const std::string& pending_key) {
  std::string key = pending_key;
  // The last one: a bucket or table may have that name.
  const std::string part = "/" + std::string(kPending);
  const size_t at = key.rfind(part);
  if (at != std::string::npos) key.replace(at + 1, kPending.size(), kDelivered);
  return key;
}

}  // namespace s3source
