#pragma once

#include <arrow/result.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "store/key_shape.h"
#include "store/list_xml.h"
#include "store/s3_uri.h"

namespace s3source {

/// Decides what a listing asks for next, so that many pages can be under way at once.
/// Pure, for one thread.
///
/// The keys behind the first page are cut into ranges, each listed page after page. While
/// there are free lanes the range with most keys left is cut again: at a folder (told by
/// a listing with a delimiter, whose answer is a hint and never part of the result) or at
/// a guess from the keys seen. A wrong guess costs a request and is never seen in the
/// result; how many are risked grows with the keys listed (MayRisk).
///
/// Where the server does not sort its keys, or does not know StartAfter, the rest is
/// listed page after page.
class ListPlan {
 public:
  /// At most `lanes` requests are under way at a time. With one lane nothing is guessed
  /// and no order is expected of the server.
  ListPlan(std::string bucket, std::string prefix, size_t lanes);

  struct Ticket {
    int64_t id = 0;
    ListRequest request;
  };
  /// The next request to send; nothing until the next answer is taken.
  std::optional<Ticket> Next();

  /// Takes the page that `id` was answered with and returns the objects of it that are
  /// new. A Fault of reason kBadListing for a listing that cannot be right.
  arrow::Result<std::vector<Object>> Take(int64_t id, ListPage page);

  /// Whether the listing can do without the answer to `id`: its failure is no failure of
  /// the listing, but it has to be told by Forget.
  bool IsHint(int64_t id) const { return hints_.contains(id); }
  void Forget(int64_t id);

  /// Every key was taken. Hints may still be under way; they are of no use any more.
  bool done() const { return ranges_.empty(); }

  /// The Fault for a listing that cannot be trusted.
  arrow::Status BadListing(const std::string& what) const;

 private:
  /// What is left of the keys after `begin` up to and including `high`.
  struct Range {
    std::string begin;
    std::string low;  ///< the last key listed
    std::optional<std::string> high;
    std::string token;  ///< of the next page; empty before the first one
    std::unordered_set<std::string> tokens;
    bool front = false;   ///< holds the first key, so no StartAfter is needed
    bool listed = false;  ///< its first page has come
    int64_t under_way = 0;

    std::shared_ptr<const KeyShape> shape;
    double keys_left = 0;              ///< a guess
    std::vector<std::string> folders;  ///< whose folders may be worth knowing
  };
  using Ranges = std::vector<std::unique_ptr<Range>>;

  int64_t Begin();
  ListRequest RequestFor(const Range& range) const;
  bool MayRisk() const;
  std::optional<Ticket> BeginWaitingRange();
  /// Those worth cutting, the largest first.
  std::vector<Range*> LargestRanges();
  std::optional<Ticket> AskForFolders(Range& range);
  bool Split(Range& range);
  std::span<const std::string> FoldersBetween(
      const std::string& low, const std::optional<std::string>& high) const;
  void Learn(Range& range, const std::vector<Object>& page);
  std::vector<std::string> FoldersWorthAsking(const std::string& first,
                                              const std::string& last) const;

  arrow::Result<std::vector<Object>> TakeAlone(Range& range, ListPage page);
  arrow::Result<std::vector<Object>> TakeRange(Ranges::iterator place, ListPage page);
  arrow::Result<std::vector<Object>> TakeUnsorted(Ranges::iterator place, ListPage page);
  arrow::Status TakeToken(Range& range, std::string token);
  void TakeFolders(const std::string& folder, const ListPage& page);
  void Finish(Ranges::iterator place);
  void GoOnAlone(std::string token);

  const std::string bucket_;
  const std::string prefix_;
  const size_t lanes_;
  bool alone_;
  Ranges ranges_;
  int64_t last_id_ = 0;
  std::map<int64_t, std::string> hints_;  ///< under way; the folder by id
  std::vector<std::string> folders_;      ///< that hold keys, sorted
  /// Up to where the folders of a folder were asked for; no value: all of them.
  std::map<std::string, std::optional<std::string>> asked_;
  double answers_ = 0;
  double keys_ = 0;
  std::string front_token_;  ///< the last page of the front range was asked for with it
  /// What ended ranges hold: after, up to and including.
  std::vector<std::pair<std::string, std::string>> taken_;
  bool filter_ = false;  ///< what comes may lie in taken_
};

}  // namespace s3source
