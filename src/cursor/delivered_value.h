#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cursor/object_hash.h"
#include "store/object.h"

namespace s3source {

/// The part of all keys that a sync with `--shard num/total` delivers. 1/1 is all.
struct KeyShare {
  int32_t num = 1;
  int32_t total = 1;

  bool Covers(const Hash128& key_hash) const;
  bool whole() const { return total == 1; }
  friend bool operator==(const KeyShare&, const KeyShare&) = default;
};

/// One version of an object that was delivered.
struct DeliveredVersion {
  Timestamp last_modified;
  Hash128 version;
  friend bool operator==(const DeliveredVersion&, const DeliveredVersion&) = default;
  friend auto operator<=>(const DeliveredVersion&,
                          const DeliveredVersion&) = default;  // NOLINT
};

/// What one sync left in the state about a table. docs/incremental.md describes its form.
struct DeliveredValue {
  KeyShare share;
  /// Hash64 of the `path_prefix` it was listed with: of keys outside it nothing is known.
  uint64_t scope = 0;
  /// The greater one is the newer of two values.
  int64_t sequence = 0;
  /// What is older was delivered, but for what is owed. The least time: nothing was.
  Timestamp window_start = Timestamp::min();
  /// The plain cursor that was stored together with this.
  std::optional<Timestamp> newest;
  /// Not older than window_start; ascending.
  std::vector<DeliveredVersion> delivered;
  /// KeyHash of what was listed and could not be delivered; ascending.
  std::vector<Hash128> owed;

  friend bool operator==(const DeliveredValue&, const DeliveredValue&) = default;
};

/// `v1 ` and Base64.
std::string EncodeDelivered(const DeliveredValue& value);
/// Invalid for everything that EncodeDelivered does not write: the text says whether it
/// is broken or of a newer version. Takes no more memory than a few times the text.
arrow::Result<DeliveredValue> DecodeDelivered(std::string_view text);
/// The most bytes that EncodeDelivered gives for so many entries.
int64_t EncodedBytes(int64_t delivered, int64_t owed);

}  // namespace s3source
