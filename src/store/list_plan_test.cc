#include "store/list_plan.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "store/fault.h"

namespace s3source {
namespace {

using ::testing::HasSubstr;

constexpr size_t kLanes = 16;

/// A bucket that answers one page of a listing, as S3 does.
struct Keys {
  std::vector<std::string> sorted;
  size_t page_size = 1000;
  bool knows_start_after = true;

  ListPage Answer(const ListRequest& request) const {
    std::string after = request.token.empty() ? std::string() : request.token.substr(1);
    if (request.token.empty() && knows_start_after) after = request.start_after;
    ListPage page;
    auto key = std::upper_bound(sorted.begin(), sorted.end(), after);
    if (after < request.prefix) {
      key = std::lower_bound(sorted.begin(), sorted.end(), request.prefix);
    }
    size_t count = 0;
    for (; key != sorted.end() && key->starts_with(request.prefix); ++key) {
      if (count == page_size) {
        page.next_token = "t" + *std::prev(key);
        break;
      }
      const size_t slash =
          request.folders ? key->find('/', request.prefix.size()) : std::string::npos;
      if (slash == std::string::npos) {
        page.objects.push_back(Object{*key, "\"e\"", 1, {}, ""});
        ++count;
      } else if (auto folder = key->substr(0, slash + 1);
                 page.folders.empty() || page.folders.back() != folder) {
        page.folders.push_back(std::move(folder));
        ++count;
      }
    }
    return page;
  }
};

struct Listing {
  std::vector<std::string> keys;
  size_t requests = 0;
  size_t rounds = 0;  ///< all requests that can be sent are, and then all are answered
};

/// Answers come in the order of `pick`, which chooses one of so many; without it all that
/// is under way is answered in rounds.
arrow::Result<Listing> ListAll(const Keys& bucket, ListPlan& plan,
                               const std::function<size_t(size_t)>& pick = nullptr) {
  Listing listing;
  std::deque<ListPlan::Ticket> under_way;
  while (!plan.done()) {
    while (auto ticket = plan.Next()) {
      under_way.push_back(*std::move(ticket));
      ++listing.requests;
      EXPECT_LE(under_way.size(), kLanes);
    }
    if (under_way.empty()) return arrow::Status::UnknownError("nothing left to ask");
    ++listing.rounds;
    for (size_t count = pick ? 1 : under_way.size(); count > 0 && !plan.done(); --count) {
      const size_t at = pick ? pick(under_way.size()) : 0;
      const auto ticket = under_way[at];
      under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(at));
      ARROW_ASSIGN_OR_RAISE(const auto objects,
                            plan.Take(ticket.id, bucket.Answer(ticket.request)));
      for (const auto& object : objects) listing.keys.push_back(object.key);
    }
  }
  return listing;
}

std::string Uuid(std::mt19937_64& random) {
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", random() & 0xFFFFFFFF,
                     random() & 0xFFFF, random() & 0xFFF, random() & 0xFFFF,
                     random() & 0xFFFFFFFFFFFF);
}

Keys Of(std::vector<std::string> keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return {.sorted = std::move(keys)};
}

struct Shape {
  const char* name;
  Keys keys;
};

std::vector<Shape> MakeShapes() {
  std::mt19937_64 random(7);
  std::vector<std::string> prefixes, flat, names, hive, deep, skewed, words, times, one;
  const char* kNames[] = {"east", "north", "west"};
  const char* kWords[] = {"accounts", "billing",  "customers", "devices", "events",
                          "finance",  "invoices", "logs",      "orders",  "users"};
  for (int i = 0; i < 100'000; ++i) {
    prefixes.push_back(fmt::format("table_{:04d}/part-{:03d}.parquet", i / 100, i % 100));
    flat.push_back(fmt::format("part-{:05d}.parquet", i));
    one.push_back(fmt::format("data/table/part-{:05d}-{}.snappy.parquet", i,
                              "5b9c1f7e-0f0c-4b0e-9d59"));
    names.push_back(Uuid(random) + ".parquet");
    hive.push_back(fmt::format("events/dt=2024-{:02d}-{:02d}/hour={:02d}/{}.parquet",
                               i / 28 / 24 / 15 % 12 + 1, i / 24 / 15 % 28 + 1,
                               i / 15 % 24, Uuid(random)));
    deep.push_back(
        fmt::format("a/b/c/{}/data/part-{:05d}.parquet", kNames[i % 3], i / 3));
    skewed.push_back(i % 10 == 0 ? fmt::format("t{:03d}/{}.parquet", i % 997, i)
                                 : fmt::format("m/part-{:05d}.parquet", i));
    words.push_back(fmt::format("{}/2024/{:02d}/{}.parquet", kWords[i % 10], i % 12 + 1,
                                Uuid(random)));
    times.push_back(fmt::format("log-2024{:02d}{:02d}{:02d}{:02d}{:02d}.parquet",
                                i / 40320 + 1, i / 1440 % 28 + 1, i / 60 % 24, i % 60,
                                0));
  }
  return {{"1,000 prefixes of 100", Of(prefixes)},
          {"one flat prefix of numbers", Of(flat)},
          {"one deep prefix of numbers and a constant", Of(one)},
          {"one flat prefix of UUIDs", Of(names)},
          {"days, hours and UUIDs", Of(hive)},
          {"few deep prefixes", Of(deep)},
          {"skewed", Of(skewed)},
          {"words, months and UUIDs", Of(words)},
          {"one flat prefix of times", Of(times)}};
}

const std::vector<Shape>& Shapes() {
  static const std::vector<Shape> shapes = MakeShapes();
  return shapes;
}

TEST(ListPlan, ListsManyKeysInAFifthOfTheRoundsAndFewMoreRequests) {
  for (const auto& shape : Shapes()) {
    SCOPED_TRACE(shape.name);
    const size_t serial = (shape.keys.sorted.size() + 999) / 1000;
    ListPlan plan("bucket", "", kLanes);
    ASSERT_OK_AND_ASSIGN(auto listing, ListAll(shape.keys, plan));
    std::sort(listing.keys.begin(), listing.keys.end());
    EXPECT_TRUE(listing.keys == shape.keys.sorted);
    EXPECT_LE(listing.rounds, serial / 5);
    EXPECT_LE(listing.requests, serial * 13 / 10 + 10);
  }
}

TEST(ListPlan, ASmallBucketIsListedAsItAlwaysWas) {
  for (const size_t count : {0U, 1U, 999U, 1000U}) {
    SCOPED_TRACE(count);
    std::vector<std::string> keys;
    for (size_t i = 0; i < count; ++i) keys.push_back(fmt::format("a/{:05d}", i));
    ListPlan plan("bucket", "", kLanes);
    ASSERT_OK_AND_ASSIGN(const auto listing, ListAll(Of(keys), plan));
    EXPECT_EQ(listing.keys, keys);
    EXPECT_EQ(listing.requests, 1U);
  }
}

TEST(ListPlan, AFewPagesCostAFewRequestsMore) {
  for (const auto& shape : Shapes()) {
    for (const size_t count : {1001U, 2500U, 5000U}) {
      SCOPED_TRACE(fmt::format("{}, the first {}", shape.name, count));
      Keys keys = shape.keys;
      keys.sorted.resize(count);
      ListPlan plan("bucket", "", kLanes);
      ASSERT_OK_AND_ASSIGN(auto listing, ListAll(keys, plan));
      EXPECT_LE(listing.requests, (count + 999) / 1000 + (count < 5000 ? 6 : 10));
      EXPECT_LE(listing.rounds, (count + 999) / 1000) << "never later than one by one";
    }
  }
}

TEST(ListPlan, WithOneLaneGuessesNothing) {
  Keys keys = Shapes().front().keys;
  ListPlan plan("bucket", "", 1);
  ASSERT_OK_AND_ASSIGN(const auto listing, ListAll(keys, plan));
  EXPECT_EQ(listing.keys, keys.sorted);
  EXPECT_EQ(listing.requests, 100U);
}

/// Text that shares prefixes, with folders, numbers, characters of up to four bytes, and
/// bytes that are no text at all.
std::string OddKey(std::mt19937_64& random, bool utf8) {
  static const char* const kParts[] = {"a", "/",    "//", "part-", "日", "本", "é",
                                       "😀", "\x01", "\t", "%",     "+",  "zz", "~"};
  std::string key;
  for (size_t count = 1 + random() % 6; count > 0; --count) {
    switch (random() % 3) {
      case 0:
        key += fmt::format("{:0{}d}", random() % 1000, 1 + random() % 4);
        break;
      case 1:
        key += kParts[random() % std::size(kParts)];
        break;
      default:
        key += utf8 ? std::string("x") : std::string(1, static_cast<char>(random() | 1));
    }
  }
  return key;
}

TEST(ListPlan, AnySplitGivesExactlyTheListing) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    std::vector<std::string> keys;
    const size_t count = random() % 3000;
    while (keys.size() < count) keys.push_back(OddKey(random, seed % 2 == 0));
    Keys bucket = Of(std::move(keys));
    bucket.page_size = 1 + random() % 50;
    const std::string prefix =
        bucket.sorted.empty() || seed % 3 != 0
            ? ""
            : bucket.sorted[random() % bucket.sorted.size()].substr(0, 1);
    ListPlan plan("bucket", prefix, 2 + random() % 15);
    ASSERT_OK_AND_ASSIGN(auto listing, ListAll(bucket, plan, [&](size_t under_way) {
                           return random() % under_way;
                         }));
    std::sort(listing.keys.begin(), listing.keys.end());
    std::vector<std::string> expected;
    for (const auto& key : bucket.sorted) {
      if (key.starts_with(prefix)) expected.push_back(key);
    }
    ASSERT_EQ(listing.keys, expected);
  }
}

TEST(ListPlan, GuessesAreUtf8) {
  // Kanji, whose three bytes vary each for themselves.
  std::vector<std::string> keys;
  for (int i = 0; i < 0x51FF; ++i) {
    const int character = 0x4E00 + i;
    keys.push_back({static_cast<char>(0xE0 | character >> 12),
                    static_cast<char>(0x80 | (character >> 6 & 0x3F)),
                    static_cast<char>(0x80 | (character & 0x3F))});
  }
  const Keys bucket = Of(std::move(keys));
  ListPlan plan("bucket", "", kLanes);
  std::deque<ListPlan::Ticket> under_way;
  size_t listed = 0;
  size_t guesses = 0;
  while (!plan.done()) {
    while (auto ticket = plan.Next()) {
      const std::string& after = ticket->request.start_after;
      guesses += after.empty() ? 0 : 1;
      EXPECT_EQ(WholeUtf8(after), after);
      under_way.push_back(*std::move(ticket));
    }
    const auto ticket = under_way.front();
    under_way.pop_front();
    ASSERT_OK_AND_ASSIGN(const auto objects,
                         plan.Take(ticket.id, bucket.Answer(ticket.request)));
    listed += objects.size();
  }
  EXPECT_EQ(listed, bucket.sorted.size());
  EXPECT_GT(guesses, 3U);
}

TEST(WholeUtf8, CutsWhatIsCutOffAndRefusesWhatIsNoText) {
  EXPECT_EQ(WholeUtf8(""), "");
  EXPECT_EQ(WholeUtf8("a日😀"), "a日😀");
  EXPECT_EQ(WholeUtf8("a\xE6\x97"), "a");
  EXPECT_EQ(WholeUtf8("a\xF0"), "a");
  for (const char* text : {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80",
                           "\xF4\x90\x80\x80", "\xFF", "\xE6z\x97", "\xE6z"}) {
    EXPECT_EQ(WholeUtf8(text), std::nullopt) << ::testing::PrintToString(text);
  }
}

TEST(ListPlan, AServerThatDoesNotKnowStartAfterIsListedPageAfterPage) {
  for (const auto& shape : Shapes()) {
    SCOPED_TRACE(shape.name);
    Keys keys = shape.keys;
    keys.sorted.resize(20'000);
    keys.knows_start_after = false;
    ListPlan plan("bucket", "", kLanes);
    ASSERT_OK_AND_ASSIGN(auto listing, ListAll(keys, plan));
    std::sort(listing.keys.begin(), listing.keys.end());
    EXPECT_TRUE(listing.keys == keys.sorted);
    EXPECT_LE(listing.requests, 30U);
  }
}

TEST(ListPlan, WhatWasListedBeforeStartAfterProvedUnknownIsNotListedTwice) {
  Keys keys = Shapes()[3].keys;  // whose pages end nowhere near a guess
  keys.sorted.resize(20'000);
  keys.knows_start_after = false;
  ListPlan plan("bucket", "", kLanes);
  std::deque<ListPlan::Ticket> under_way;
  std::vector<std::string> listed;
  bool front_ended = false;
  while (!plan.done()) {
    while (auto ticket = plan.Next()) under_way.push_back(*std::move(ticket));
    // The front range comes to its end before another range is heard of.
    auto next = std::find_if(under_way.begin(), under_way.end(), [](const auto& ticket) {
      return ticket.request.start_after.empty();
    });
    if (next == under_way.end()) {
      front_ended = true;
      next = under_way.begin();
    }
    const auto ticket = *next;
    under_way.erase(next);
    ASSERT_OK_AND_ASSIGN(const auto objects,
                         plan.Take(ticket.id, keys.Answer(ticket.request)));
    for (const auto& object : objects) listed.push_back(object.key);
  }
  EXPECT_TRUE(front_ended);
  std::sort(listed.begin(), listed.end());
  EXPECT_TRUE(listed == keys.sorted);
}

ListPage PageOf(std::vector<std::string> keys, std::string token) {
  ListPage page;
  for (auto& key : keys) page.objects.push_back({std::move(key), "\"e\"", 1, {}, ""});
  page.next_token = std::move(token);
  return page;
}

TEST(ListPlan, AServerThatDoesNotSortIsListedPageAfterPage) {
  ListPlan plan("bucket", "", kLanes);
  std::vector<std::string> keys;
  for (const auto& page : {PageOf({"b", "a"}, "1"), PageOf({"d", "c"}, "2"),
                           PageOf({"c2"}, "3"), PageOf({"0"}, "")}) {
    const auto ticket = plan.Next();
    ASSERT_TRUE(ticket);
    EXPECT_EQ(ticket->request.start_after, "");
    EXPECT_FALSE(plan.Next()) << "only one at a time";
    ASSERT_OK_AND_ASSIGN(const auto objects, plan.Take(ticket->id, page));
    for (const auto& object : objects) keys.push_back(object.key);
  }
  EXPECT_TRUE(plan.done());
  EXPECT_THAT(keys, ::testing::ElementsAre("b", "a", "d", "c", "c2", "0"));
}

TEST(ListPlan, AServerThatStopsSortingInARangeCannotBeTrusted) {
  ListPlan plan("bucket", "", kLanes);
  auto front = plan.Next();
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back(fmt::format("{:05d}", i));
  ASSERT_OK(plan.Take(front->id, PageOf(keys, "t")).status());
  front = plan.Next();
  ASSERT_EQ(front->request.token, "t");
  const auto range = plan.Next();
  ASSERT_TRUE(range);
  ASSERT_NE(range->request.start_after, "");
  ASSERT_OK(
      plan.Take(range->id, PageOf({range->request.start_after + "1"}, "u")).status());
  const auto status = plan.Take(front->id, PageOf({"2", "1"}, "v")).status();
  EXPECT_EQ(ReasonOf(status), FaultReason::kBadListing) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("`concurrency: 1`"));
}

TEST(ListPlan, ATokenThatRepeatsInARangeEndsTheListing) {
  ListPlan plan("bucket", "", kLanes);
  arrow::Status status;
  for (int i = 0; i < 3 && status.ok(); ++i) {
    status = plan.Take(plan.Next()->id, PageOf({}, "again")).status();
  }
  EXPECT_EQ(ReasonOf(status), FaultReason::kBadListing);
  EXPECT_THAT(status.message(), HasSubstr("does not advance"));
}

TEST(ListPlan, HintsMayBeForgotten) {
  const Keys keys = Shapes().front().keys;
  ListPlan plan("bucket", "", kLanes);
  std::deque<ListPlan::Ticket> under_way;
  size_t listed = 0;
  size_t hints = 0;
  while (!plan.done()) {
    while (auto ticket = plan.Next()) under_way.push_back(*std::move(ticket));
    const auto ticket = under_way.front();
    under_way.pop_front();
    EXPECT_EQ(plan.IsHint(ticket.id), ticket.request.folders);
    if (plan.IsHint(ticket.id)) {
      ++hints;
      plan.Forget(ticket.id);
      continue;
    }
    ASSERT_OK_AND_ASSIGN(const auto objects,
                         plan.Take(ticket.id, keys.Answer(ticket.request)));
    listed += objects.size();
  }
  EXPECT_EQ(listed, keys.sorted.size());
  EXPECT_GT(hints, 0U);
}

}  // namespace
}  // namespace s3source
