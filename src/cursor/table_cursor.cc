#include "cursor/table_cursor.h"

#include <arrow/result.h>
#include <arrow/status.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace s3source {
namespace {

/// `time` less `duration`, no less than the least time.
Timestamp Before(Timestamp time, std::chrono::nanoseconds duration) {
  return time < Timestamp::min() + duration ? Timestamp::min() : time - duration;
}

template <typename Entry>
void SortUnique(std::vector<Entry>* entries) {
  std::sort(entries->begin(), entries->end());
  entries->erase(std::unique(entries->begin(), entries->end()), entries->end());
}

/// The same but for its place among the values of the table.
bool SaysTheSame(DeliveredValue left, const DeliveredValue& right) {
  left.sequence = right.sequence;
  return left == right;
}

}  // namespace

arrow::Status UnreadableState(const std::string& key, const arrow::Status& status) {
  return status.WithMessage(
      "state key ", key, " cannot be read: ", status.message(),
      "; delete the table's keys from the state table to sync the table anew");
}

arrow::Result<TableCursor> TableCursor::Decode(const CursorState& state,
                                               CursorOptions options) {
  TableCursor cursor;
  cursor.options_ = std::move(options);
  cursor.scope_ = Hash64(cursor.options_.path_prefix);
  if (const auto& [key, text] = state.plain; !text.empty()) {
    const auto time = ParseTimestamp(text);
    if (!time.ok()) return UnreadableState(key, time.status());
    cursor.plain_ = *time;
  }
  for (const auto& [key, text] : state.delivered) {
    auto value = DecodeDelivered(text);
    if (!value.ok()) return UnreadableState(key, value.status());
    Known known;
    for (const auto& entry : value->delivered) known.delivered.insert(entry.version);
    known.owed.insert(value->owed.begin(), value->owed.end());
    known.value = *std::move(value);
    cursor.known_.push_back(std::move(known));
  }
  std::ranges::stable_sort(cursor.known_, std::ranges::greater(),
                           [](const Known& known) { return known.value.sequence; });
  return cursor;
}

/// Each sync begins by what all values say together, so the newest one that covers a key
/// knows all that the older ones do.
TableCursor::Fate TableCursor::FateOf(const Object& object, const Hash128& key) const {
  for (const Known& known : known_) {
    if (known.value.share.Covers(key)) return FateIn(known, object, key);
  }
  const bool delivered = plain_ && object.last_modified <= *plain_;
  return delivered ? Fate::kDelivered : Fate::kUnknown;
}

TableCursor::Fate TableCursor::FateIn(const Known& known, const Object& object,
                                      const Hash128& key) const {
  const DeliveredValue& value = known.value;
  if (known.owed.contains(key)) return Fate::kOwed;
  // The plain cursor is set together with a value of all keys. Another one was set by
  // hand, which asks for what is newer, or by the Go plugin, which delivered what is
  // older.
  const bool reset = value.share.whole() && plain_ != value.newest;
  if (reset && (!plain_ || object.last_modified > *plain_)) return Fate::kUnknown;
  if (reset && (!value.newest || object.last_modified > *value.newest)) {
    return Fate::kDelivered;
  }
  const bool before_window =
      object.last_modified < value.window_start && value.scope == scope_;
  if (before_window) return Fate::kDelivered;
  return known.delivered.contains(VersionHash(object)) ? Fate::kDelivered
                                                       : Fate::kUnknown;
}

TableCursor::Work TableCursor::Plan(const std::vector<Object>& listed) const {
  Work work;
  std::vector<Object> unknown;
  for (const Object& object : listed) {
    const Hash128 key = KeyHash(object.key);
    if (!options_.share.Covers(key)) continue;
    switch (FateOf(object, key)) {
      case Fate::kDelivered:
        break;
      case Fate::kOwed:
        work.objects.push_back(object);
        break;
      case Fate::kUnknown:
        unknown.push_back(object);
    }
  }
  work.owed = static_cast<int64_t>(work.objects.size());
  std::ranges::move(unknown, std::back_inserter(work.objects));
  return work;
}

void TableCursor::Record(const Object& object) {
  recorded_[KeyHash(object.key)] = {object.last_modified, VersionHash(object)};
}

const TableCursor::Known* TableCursor::Own() const {
  for (const Known& known : known_) {
    if (known.value.share == options_.share) return &known;
  }
  return nullptr;
}

int64_t TableCursor::NextSequence() const {
  if (known_.empty()) return std::numeric_limits<int64_t>::min();
  const int64_t newest = known_.front().value.sequence;
  return newest == std::numeric_limits<int64_t>::max() ? newest : newest + 1;
}

bool TableCursor::other_prefix() const {
  return std::ranges::any_of(known_, [this](const Known& known) {
    return known.value.scope != scope_ &&
           known.value.sequence == known_.front().value.sequence;
  });
}

arrow::Status TableCursor::Fit(DeliveredValue* value,
                               std::optional<Timestamp>* shortened_to) const {
  const auto owed = static_cast<int64_t>(value->owed.size());
  const int64_t room = options_.budget_bytes - EncodedBytes(0, owed);
  if (room < 0) {
    return arrow::Status::CapacityError(
        owed, " objects could not be delivered, more than the state remembers");
  }
  const int64_t each = EncodedBytes(1000, 0) / 1000 + 1;
  const auto fits = static_cast<size_t>(room / each);
  auto& delivered = value->delivered;
  if (delivered.size() <= fits) return arrow::Status::OK();
  // Whole moments are forgotten: the window begins after the last of them.
  const Timestamp last = delivered[delivered.size() - fits - 1].last_modified;
  value->window_start = last + std::chrono::nanoseconds(1);
  std::erase_if(delivered,
                [&](const auto& entry) { return entry.last_modified <= last; });
  *shortened_to = value->window_start;
  return arrow::Status::OK();
}

arrow::Result<std::optional<TableCursor::Update>> TableCursor::Encode(
    const std::vector<Object>& listed, Timestamp list_started) const {
  DeliveredValue value;
  value.share = options_.share;
  value.scope = scope_;
  value.newest = plain_;
  std::vector<DeliveredVersion> delivered;
  for (const Object& object : listed) {
    const Hash128 key = KeyHash(object.key);
    if (!options_.share.Covers(key)) continue;
    if (const auto found = recorded_.find(key); found != recorded_.end()) {
      delivered.push_back(found->second);
    } else if (FateOf(object, key) == Fate::kDelivered) {
      delivered.push_back({object.last_modified, VersionHash(object)});
    } else {
      value.owed.push_back(key);
    }
  }
  SortUnique(&delivered);
  SortUnique(&value.owed);
  if (!delivered.empty()) {
    const Timestamp newest = delivered.back().last_modified;
    value.window_start = Before(std::min(newest, list_started), options_.lookback);
    if (options_.share.whole()) value.newest = std::max(value.newest, {newest});
  }
  const auto forgotten = [&](const DeliveredVersion& entry) {
    return entry.last_modified < value.window_start;
  };
  std::erase_if(delivered, forgotten);
  value.delivered = std::move(delivered);

  Update update;
  ARROW_RETURN_NOT_OK(Fit(&value, &update.shortened_to));
  const Known* own = Own();
  const bool plain_stays = !options_.share.whole() || value.newest == plain_;
  if (own != nullptr && plain_stays && SaysTheSame(value, own->value)) {
    return std::nullopt;
  }
  value.sequence = std::max(list_started.time_since_epoch().count(), NextSequence());
  update.owed = static_cast<int64_t>(value.owed.size());
  update.delivered = EncodeDelivered(value);
  if (options_.share.whole() && value.newest)
    update.plain = FormatTimestamp(*value.newest);
  return update;
}

}  // namespace s3source
