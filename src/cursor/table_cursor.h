#pragma once

#include <arrow/result.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cursor/delivered_value.h"
#include "cursor/object_hash.h"
#include "store/object.h"
#include "store/timestamp.h"

namespace s3source {

/// State key of a table's plain cursor: s3/{bucket}/{table}/last_modified_cursor, the Go
/// plugin's.
std::string CursorKey(std::string_view bucket, std::string_view table);
/// State key of the schema a table was last announced with: s3/{bucket}/{table}/schema.
std::string SchemaKey(std::string_view bucket, std::string_view table);
/// State key of what was delivered: s3/{bucket}/{table}/delivered; of a share of the keys
/// the same with /{num}of{total} behind it.
std::string DeliveredKey(std::string_view bucket, std::string_view table,
                         const KeyShare& share);

/// State key of what the last sync sent and waits for its receipt: as DeliveredKey, with
/// `pending` in place of `delivered`.
std::string PendingKey(std::string_view bucket, std::string_view table,
                       const KeyShare& share);
/// The DeliveredKey of the same table and share.
std::string DeliveredKeyOfPending(const std::string& pending_key);

/// What the state keys of a table begin with, and those of no other one.
std::string StatePrefix(std::string_view bucket, std::string_view table);

struct CursorOptions {
  KeyShare share;
  std::string path_prefix;  ///< of the listing
  /// How long before the newest object another one may still appear.
  std::chrono::nanoseconds lookback = std::chrono::hours(24);
  /// Of one state value.
  int64_t budget_bytes = 4 << 20;
};

/// What the state says about a table, as text: keys with their values.
struct CursorState {
  std::pair<std::string, std::string> plain;  ///< of CursorKey; "" where there is none
  /// Of DeliveredKey, of every share there is.
  std::vector<std::pair<std::string, std::string>> delivered;
  /// Of PendingKey, of every share there is. SettlePending makes delivered ones of them.
  std::vector<std::pair<std::string, std::string>> pending;
};

/// The error for a state value that cannot be read: names the key and the remedy.
arrow::Status UnreadableState(const std::string& key, const arrow::Status& status);

/// What of a table was delivered. Decides by versions of objects (key, ETag, size), not
/// by their times; time is only used to forget: of what is older than `lookback` before
/// the newest object, no version is kept, and everything counts as delivered but what is
/// owed. Pure; not thread-safe.
class TableCursor {
 public:
  TableCursor() = default;

  /// Invalid names the state key that is broken and the remedy: such a state is never
  /// taken for an empty one.
  /// Pending values are not looked at.
  static arrow::Result<TableCursor> Decode(const CursorState& state,
                                           CursorOptions options);

  struct Work {
    /// In the listing's order, but first what an earlier sync could not deliver.
    std::vector<Object> objects;
    int64_t owed = 0;  ///< how many of them failed before
  };
  /// What of `listed` is still to be delivered in the share of the keys, whatever was
  /// recorded since Decode.
  Work Plan(const std::vector<Object>& listed) const;

  /// The newest value was made with another path_prefix: what is older than its window is
  /// planned again, as nobody can tell what of it was listed then.
  bool other_prefix() const;

  /// `object` was delivered whole, in this version.
  void Record(const Object& object);

  /// What the state is to hold after a clean sync.
  struct Update {
    std::string plain;  ///< "": not to be set; only a sync of all keys sets it
    std::string delivered;
    int64_t owed = 0;
    /// The budget did not hold the window: it begins here.
    std::optional<Timestamp> shortened_to;
  };
  /// Null when the state holds just that already. `listed` is what was planned;
  /// `list_started` the time before its listing began. CapacityError when what is owed
  /// alone is larger than the budget.
  arrow::Result<std::optional<Update>> Encode(const std::vector<Object>& listed,
                                              Timestamp list_started) const;

 private:
  /// A value of the state, made ready to be asked.
  struct Known {
    DeliveredValue value;
    std::unordered_set<Hash128, HashOfHash> delivered;
    std::unordered_set<Hash128, HashOfHash> owed;
  };
  enum class Fate { kUnknown, kDelivered, kOwed };

  Fate FateOf(const Object& object, const Hash128& key) const;
  Fate FateIn(const Known& known, const Object& object, const Hash128& key) const;
  const Known* Own() const;
  int64_t NextSequence() const;
  arrow::Status Fit(DeliveredValue* value, std::optional<Timestamp>* shortened_to) const;

  CursorOptions options_;
  uint64_t scope_ = 0;
  std::optional<Timestamp> plain_;
  std::vector<Known> known_;  ///< the newest first
  std::unordered_map<Hash128, DeliveredVersion, HashOfHash> recorded_;  ///< by key
};

}  // namespace s3source
