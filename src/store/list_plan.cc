#include "store/list_plan.h"

#include <algorithm>

#include "store/fault.h"

namespace s3source {
namespace {

constexpr double kPage = 1000;
/// Less is listed before half of it could be asked for.
constexpr double kWorthCutting = 1.5 * kPage;
/// What is assumed where nothing is known but that there is more.
constexpr double kUnknownRest = 2 * kPage;

/// The directory that both lie in, with its '/'.
std::string_view CommonFolder(std::string_view left, std::string_view right) {
  const auto end = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  const std::string_view common = left.substr(0, end.first - left.begin());
  return common.substr(0, common.rfind('/') + 1);  // npos + 1 is 0
}

std::string_view ParentOf(std::string_view folder) {
  if (folder.empty()) return folder;
  return folder.substr(0, folder.substr(0, folder.size() - 1).rfind('/') + 1);
}

bool IsSorted(const std::vector<Object>& page) {
  return std::adjacent_find(page.begin(), page.end(),
                            [](const Object& left, const Object& right) {
                              return left.key >= right.key;
                            }) == page.end();
}

}  // namespace

ListPlan::ListPlan(std::string bucket, std::string prefix, size_t lanes)
    : bucket_(std::move(bucket)),
      prefix_(std::move(prefix)),
      lanes_(std::max<size_t>(lanes, 1)),
      alone_(lanes_ == 1) {
  ranges_.push_back(std::make_unique<Range>());
  ranges_.back()->front = true;
}

arrow::Status ListPlan::BadListing(const std::string& what) const {
  return MakeFault(FaultReason::kBadListing, "s3://" + bucket_ + ": " + what);
}

int64_t ListPlan::Begin() { return ++last_id_; }

ListRequest ListPlan::RequestFor(const Range& range) const {
  ListRequest request{.prefix = prefix_, .token = range.token, .start_after = {}};
  if (request.token.empty()) request.start_after = range.low;
  return request;
}

std::optional<ListPlan::Ticket> ListPlan::Next() {
  size_t under_way = hints_.size();
  for (const auto& range : ranges_) under_way += range->under_way != 0 ? 1 : 0;
  if (under_way >= lanes_) return std::nullopt;
  while (true) {
    if (auto ticket = BeginWaitingRange()) return ticket;
    if (alone_ || !MayRisk()) return std::nullopt;
    bool split = false;
    for (Range* range : LargestRanges()) {
      if (auto ticket = AskForFolders(*range)) return ticket;
      if ((split = Split(*range))) break;
    }
    if (!split) return std::nullopt;
  }
}

std::optional<ListPlan::Ticket> ListPlan::BeginWaitingRange() {
  for (auto& range : ranges_) {
    if (range->under_way != 0) continue;
    range->under_way = Begin();
    return Ticket{range->under_way, RequestFor(*range)};
  }
  return std::nullopt;
}

std::vector<ListPlan::Range*> ListPlan::LargestRanges() {
  std::vector<Range*> largest;
  for (auto& range : ranges_) {
    if (range->shape && range->keys_left >= kWorthCutting) largest.push_back(range.get());
  }
  std::sort(largest.begin(), largest.end(), [](const Range* left, const Range* right) {
    return left->keys_left > right->keys_left;
  });
  return largest;
}

/// A request may turn out useless, and an end of a range costs half a page. A short
/// listing should not pay for what a long one gains.
bool ListPlan::MayRisk() const {
  const double pages = keys_ / kPage;
  double useless = answers_ - pages + static_cast<double>(hints_.size());
  for (const auto& range : ranges_) useless += range->listed ? 0.5 : 1.5;
  return useless + 1 <= std::min(3 + 2 * pages, 10 + pages / 4);
}

std::vector<std::string> ListPlan::FoldersWorthAsking(const std::string& first,
                                                      const std::string& last) const {
  const std::string_view folder = CommonFolder(first, last);
  std::vector<std::string> worth;
  const auto add = [&](std::string_view candidate) {
    std::string name(candidate.size() < prefix_.size() ? prefix_ : candidate);
    if (std::find(worth.begin(), worth.end(), name) == worth.end()) {
      worth.push_back(std::move(name));
    }
  };
  const size_t from = std::max(folder.size(), prefix_.size());
  if (last.find('/', from) != std::string::npos) add(folder);
  if (folder.size() > prefix_.size()) {
    add(ParentOf(folder));
    add(prefix_);
  }
  std::reverse(worth.begin(), worth.end());  // taken from the back
  return worth;
}

std::optional<ListPlan::Ticket> ListPlan::AskForFolders(Range& range) {
  if (!FoldersBetween(range.low, range.high).empty()) return std::nullopt;
  while (!range.folders.empty()) {
    std::string folder = std::move(range.folders.back());
    range.folders.pop_back();
    const auto asked = asked_.find(folder);
    if (asked != asked_.end() && (!asked->second || range.low < *asked->second)) continue;
    asked_[folder] = std::nullopt;
    Ticket ticket{Begin(), {folder, {}, range.low, true}};
    hints_[ticket.id] = std::move(folder);
    return ticket;
  }
  return std::nullopt;
}

std::span<const std::string> ListPlan::FoldersBetween(
    const std::string& low, const std::optional<std::string>& high) const {
  const auto begin = std::upper_bound(folders_.begin(), folders_.end(), low);
  const auto end = high ? std::lower_bound(begin, folders_.end(), *high) : folders_.end();
  return {begin, end};
}

bool ListPlan::Split(Range& range) {
  double share = 0.5;
  std::optional<std::string> at;
  if (const auto folders = FoldersBetween(range.low, range.high); !folders.empty()) {
    const size_t middle = folders.size() / 2;
    at = folders[middle];
    share = static_cast<double>(folders.size() - middle) /
            static_cast<double>(folders.size() + 1);
  } else {
    at = range.shape->Middle(range.low, range.high, prefix_.size());
  }
  if (!at) return false;
  auto upper = std::make_unique<Range>();
  upper->begin = *at;
  upper->low = *at;
  upper->high = range.high;
  upper->shape = range.shape;
  upper->keys_left = range.keys_left * share;
  range.high = std::move(at);
  range.keys_left -= upper->keys_left;
  ranges_.push_back(std::move(upper));
  return true;
}

void ListPlan::Learn(Range& range, const std::vector<Object>& page) {
  const std::string& first = page.front().key;
  const std::string& last = page.back().key;
  auto shape = std::make_shared<KeyShape>(page);
  const auto by_shape = shape->CountBetween(last, range.high, prefix_.size());
  const auto passed = static_cast<double>(FoldersBetween(first, last).size());
  const auto ahead = static_cast<double>(FoldersBetween(last, range.high).size());
  const double by_folders =
      ahead * static_cast<double>(page.size()) / std::max(1.0, passed);
  range.shape = std::move(shape);
  range.keys_left = std::max(by_shape.value_or(kUnknownRest), by_folders);
  range.folders = FoldersWorthAsking(first, last);
}

arrow::Result<std::vector<Object>> ListPlan::Take(int64_t id, ListPage page) {
  if (const auto hint = hints_.find(id); hint != hints_.end()) {
    answers_ += 1;
    TakeFolders(hint->second, page);
    hints_.erase(hint);
    return std::vector<Object>();
  }
  const auto place = std::find_if(ranges_.begin(), ranges_.end(),
                                  [id](const auto& r) { return r->under_way == id; });
  if (place == ranges_.end()) return std::vector<Object>();  // of a range given up
  answers_ += 1;
  (*place)->under_way = 0;
  return TakeRange(place, std::move(page));
}

void ListPlan::Forget(int64_t id) { hints_.erase(id); }

void ListPlan::TakeFolders(const std::string& folder, const ListPage& page) {
  folders_.insert(folders_.end(), page.folders.begin(), page.folders.end());
  std::sort(folders_.begin(), folders_.end());
  folders_.erase(std::unique(folders_.begin(), folders_.end()), folders_.end());
  if (!page.next_token.empty() && !page.folders.empty()) {
    asked_[folder] = page.folders.back();
  }
}

namespace {

/// Drops what lies behind `high`; true when something did.
bool CutOff(const std::optional<std::string>& high, std::vector<Object>* objects) {
  if (!high || objects->empty() || objects->back().key <= *high) return false;
  const auto beyond = std::upper_bound(
      objects->begin(), objects->end(), *high,
      [](const std::string& end, const Object& o) { return end < o.key; });
  objects->erase(beyond, objects->end());
  return true;
}

}  // namespace

arrow::Status ListPlan::TakeToken(Range& range, std::string token) {
  range.token = std::move(token);
  if (range.token.empty() || range.tokens.insert(range.token).second) {
    return arrow::Status::OK();
  }
  return BadListing(
      "the listing does not advance, the server repeats a continuation token");
}

arrow::Result<std::vector<Object>> ListPlan::TakeAlone(Range& range, ListPage page) {
  ARROW_RETURN_NOT_OK(TakeToken(range, std::move(page.next_token)));
  if (filter_) {
    std::erase_if(page.objects, [&](const Object& object) {
      return std::any_of(taken_.begin(), taken_.end(), [&](const auto& taken) {
        return object.key > taken.first && object.key <= taken.second;
      });
    });
  }
  if (range.token.empty()) ranges_.clear();
  return std::move(page.objects);
}

arrow::Result<std::vector<Object>> ListPlan::TakeRange(Ranges::iterator place,
                                                       ListPage page) {
  Range& range = **place;
  if (alone_) return TakeAlone(range, std::move(page));
  if (!IsSorted(page.objects)) return TakeUnsorted(place, std::move(page));
  auto& objects = page.objects;
  if (!objects.empty() && !range.low.empty() && objects.front().key <= range.low) {
    if (range.listed) return TakeUnsorted(place, std::move(page));
    if (objects.front().key < range.low) {
      // StartAfter is not known here.
      const auto front = std::find_if(ranges_.begin(), ranges_.end(),
                                      [](const auto& r) { return r->front; });
      const bool listed = front != ranges_.end() && (*front)->listed;
      GoOnAlone(listed ? (*front)->token : front_token_);
      filter_ = true;
      return std::vector<Object>();
    }
    objects.erase(objects.begin());
  }
  if (range.front) front_token_ = range.token;
  range.listed = true;
  ARROW_RETURN_NOT_OK(TakeToken(range, std::move(page.next_token)));
  const bool beyond = CutOff(range.high, &objects);
  const bool ended = beyond || range.token.empty();
  if (!objects.empty()) {
    range.low = objects.back().key;
    range.tokens = {range.token};
    keys_ += static_cast<double>(objects.size());
    if (!ended) Learn(range, objects);
  }
  if (ended) Finish(place);
  return std::move(objects);
}

/// Nothing but the continuation of the front range can be relied on then.
arrow::Result<std::vector<Object>> ListPlan::TakeUnsorted(Ranges::iterator place,
                                                          ListPage page) {
  Range& range = **place;
  const bool only_one =
      range.front && taken_.empty() &&
      std::none_of(ranges_.begin(), ranges_.end(),
                   [](const auto& other) { return !other->front && other->listed; });
  if (!only_one) {
    return BadListing(
        "the server does not list keys in the order of their bytes; set `concurrency: 1` "
        "to list page after page");
  }
  ARROW_RETURN_NOT_OK(TakeToken(range, std::move(page.next_token)));
  if (range.token.empty()) {
    ranges_.clear();
    alone_ = true;
  } else {
    GoOnAlone(range.token);
  }
  return std::move(page.objects);
}

void ListPlan::Finish(Ranges::iterator place) {
  Range& range = **place;
  taken_.emplace_back(range.begin, range.high.value_or(range.low));
  ranges_.erase(place);
}

void ListPlan::GoOnAlone(std::string token) {
  alone_ = true;
  auto rest = std::make_unique<Range>();
  for (const auto& range : ranges_) {
    if (range->listed) taken_.emplace_back(range->begin, range->low);
    if (range->front) rest->tokens = range->tokens;
  }
  rest->front = true;
  rest->token = std::move(token);
  ranges_.clear();
  ranges_.push_back(std::move(rest));
}

}  // namespace s3source
