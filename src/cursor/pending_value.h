#pragma once

#include <arrow/result.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cursor/delivered_value.h"
#include "cursor/table_cursor.h"

namespace s3source {

/// What a sync sent, while nobody knows yet whether the destination stored it all.
struct PendingValue {
  std::string receipt;    ///< the destination has it when it stored all; no space in it
  std::string plain;      ///< the plain cursor that `delivered` was made from; "": none
  std::string delivered;  ///< of EncodeDelivered
  friend bool operator==(const PendingValue&, const PendingValue&) = default;
};

/// `v1`, receipt, plain cursor or `-`, and delivered, with spaces between them.
std::string EncodePending(const PendingValue& value);
/// Invalid for everything that EncodePending does not write; `delivered` is not looked
/// into.
arrow::Result<PendingValue> DecodePending(std::string_view text);

/// What is known to be stored of a table, by the receipts that the destination has.
struct Settlement {
  /// For TableCursor::Decode, without pending values.
  CursorState known;
  /// Keys and values that say so in the state: the share's pending value is gone, either
  /// taken over or given up.
  std::vector<std::pair<std::string, std::string>> stores;
  /// The share's newest value is pending without a receipt: what that sync sent is sent
  /// again.
  bool missed = false;
};

/// A pending value counts when its receipt is there and no newer value of its share is.
/// Values of other shares are looked at and left as they are: their own syncs, which may
/// be under way, settle them. Invalid names the state key that is broken.
arrow::Result<Settlement> SettlePending(
    CursorState stored, const KeyShare& share,
    const std::function<bool(const std::string&)>& has_receipt);

}  // namespace s3source
