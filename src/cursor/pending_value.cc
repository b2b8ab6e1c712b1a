#include "cursor/pending_value.h"

#include <arrow/status.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

#include "store/timestamp.h"

namespace s3source {
namespace {

constexpr std::string_view kVersion = "v1 ";
constexpr std::string_view kNone = "-";

/// What decides which of two values counts.
struct Place {
  KeyShare share;
  int64_t sequence = 0;
  std::optional<Timestamp> newest;
};

arrow::Result<Place> PlaceOf(const std::string& key, std::string_view delivered) {
  auto value = DecodeDelivered(delivered);
  if (!value.ok()) return UnreadableState(key, value.status());
  return Place{value->share, value->sequence, value->newest};
}

/// The word up to the next space, which is taken off with it.
std::string TakeWord(std::string_view* text) {
  const size_t end = text->find(' ');
  std::string word(text->substr(0, end));
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  return word;
}

/// The delivered values of a table and the pending ones that are settled one by one.
class Settling {
 public:
  Settling(CursorState stored, const KeyShare& share) : share_(share) {
    pending_ = std::move(stored.pending);
    stored.pending.clear();
    settled_.known = std::move(stored);
  }

  arrow::Result<Settlement> Run(const std::function<bool(const std::string&)>& has) && {
    for (const auto& [key, text] : settled_.known.delivered) {
      ARROW_ASSIGN_OR_RAISE(places_[key], PlaceOf(key, text));
    }
    std::optional<int64_t> missed;
    for (const auto& [key, text] : pending_) {
      auto pending = DecodePending(text);
      if (!pending.ok()) return UnreadableState(key, pending.status());
      ARROW_ASSIGN_OR_RAISE(const Place place, PlaceOf(key, pending->delivered));
      if (place.share == share_) settled_.stores.emplace_back(key, "");
      const std::string delivered_key = DeliveredKeyOfPending(key);
      const auto older = places_.find(delivered_key);
      if (older != places_.end() && older->second.sequence >= place.sequence) continue;
      if (has(pending->receipt)) {
        TakeOver(delivered_key, place, *std::move(pending));
      } else if (Concerns(place.share)) {
        missed = std::max(missed.value_or(place.sequence), place.sequence);
      }
    }
    settled_.missed = missed.has_value() && !KnowsMore(*missed);
    return std::move(settled_);
  }

 private:
  void TakeOver(const std::string& key, const Place& place, PendingValue pending) {
    auto& delivered = settled_.known.delivered;
    const auto at =
        std::ranges::find(delivered, key, &std::pair<std::string, std::string>::first);
    auto& text =
        at != delivered.end() ? at->second : delivered.emplace_back(key, "").second;
    text = std::move(pending.delivered);
    places_[key] = place;
    if (place.share == share_) settled_.stores.emplace_back(key, text);
    // Who set the plain cursor meanwhile, by hand or by the Go plugin, is to be heard.
    auto& plain = settled_.known.plain;
    if (!place.share.whole() || !place.newest || plain.second != pending.plain) return;
    plain.second = FormatTimestamp(*place.newest);
    if (place.share == share_) settled_.stores.push_back(plain);
  }

  bool Concerns(const KeyShare& share) const {
    return share == share_ || share.whole() || share_.whole();
  }

  /// Whether a later sync has covered the keys of this share.
  bool KnowsMore(int64_t sequence) const {
    return std::ranges::any_of(places_, [&](const auto& entry) {
      const Place& place = entry.second;
      return (place.share == share_ || place.share.whole()) && place.sequence > sequence;
    });
  }

  const KeyShare share_;
  std::vector<std::pair<std::string, std::string>> pending_;
  std::map<std::string, Place> places_;  ///< by state key
  Settlement settled_;
};

}  // namespace

std::string EncodePending(const PendingValue& value) {
  std::string text(kVersion);
  text.append(value.receipt).append(" ");
  text.append(value.plain.empty() ? kNone : value.plain).append(" ");
  return text.append(value.delivered);
}

arrow::Result<PendingValue> DecodePending(std::string_view text) {
  if (!text.starts_with(kVersion)) {
    return arrow::Status::Invalid(
        "it was written by a newer version of this plugin than this one, or is broken");
  }
  text.remove_prefix(kVersion.size());
  PendingValue value;
  value.receipt = TakeWord(&text);
  value.plain = TakeWord(&text);
  if (value.receipt.empty() || value.plain.empty() || text.empty()) {
    return arrow::Status::Invalid("it is broken: not four words");
  }
  if (value.plain == kNone) value.plain.clear();
  value.delivered = text;
  return value;
}

arrow::Result<Settlement> SettlePending(
    CursorState stored, const KeyShare& share,
    const std::function<bool(const std::string&)>& has_receipt) {
  return Settling(std::move(stored), share).Run(has_receipt);
}

}  // namespace s3source
