#include "cursor/pending_value.h"

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <utility>

#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using cq::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kPlain[] = "s3/b/t/last_modified_cursor";
constexpr char kDelivered[] = "s3/b/t/delivered";
constexpr char kPending[] = "s3/b/t/pending";

std::string Delivered(int64_t sequence, int64_t newest, KeyShare share = {}) {
  DeliveredValue value;
  value.share = share;
  value.sequence = sequence;
  value.newest = Timestamp(std::chrono::seconds(newest));
  return EncodeDelivered(value);
}

std::string Pending(const std::string& receipt, const std::string& plain,
                    const std::string& delivered) {
  return EncodePending({.receipt = receipt, .plain = plain, .delivered = delivered});
}

arrow::Result<Settlement> Settle(CursorState stored, std::set<std::string> receipts,
                                 KeyShare share = {}) {
  return SettlePending(std::move(stored), share, [&](const std::string& receipt) {
    return receipts.contains(receipt);
  });
}

TEST(PendingValue, IsReadAsItWasWritten) {
  for (const PendingValue& value : {PendingValue{"r1", "2023-11-14T22:13:20Z", "v1 AAAA"},
                                    PendingValue{"r2", "", "v1 BBBB=="}}) {
    ASSERT_OK_AND_ASSIGN(const auto read, DecodePending(EncodePending(value)));
    EXPECT_EQ(read, value);
  }
  EXPECT_EQ(EncodePending({"r", "", "v1 AA=="}), "v1 r - v1 AA==");
}

TEST(PendingValue, RefusesWhatIsNoneOrOfAnotherVersion) {
  for (const char* text :
       {"", "v1", "v1 ", "v1 r", "v1 r -", "v1 r - ", "v2 r - v1 AA"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(DecodePending(text), StatusIs(arrow::StatusCode::Invalid));
  }
}

TEST(SettlePending, TakesWhatHasAReceipt) {
  ASSERT_OK_AND_ASSIGN(const auto settled,
                       Settle({.plain = {kPlain, "1970-01-01T00:00:10Z"},
                               .delivered = {{kDelivered, Delivered(1, 10)}},
                               .pending = {{kPending, Pending("r", "1970-01-01T00:00:10Z",
                                                              Delivered(2, 20))}}},
                              {"r"}));
  EXPECT_THAT(settled.known.delivered, ElementsAre(Pair(kDelivered, Delivered(2, 20))));
  EXPECT_EQ(settled.known.plain.second, "1970-01-01T00:00:20Z");
  EXPECT_THAT(settled.stores,
              ElementsAre(Pair(kPending, ""), Pair(kDelivered, Delivered(2, 20)),
                          Pair(kPlain, "1970-01-01T00:00:20Z")));
  EXPECT_FALSE(settled.missed);
}

TEST(SettlePending, KeepsTheOlderValueWithoutAReceipt) {
  const CursorState stored{
      .plain = {kPlain, "1970-01-01T00:00:10Z"},
      .delivered = {{kDelivered, Delivered(1, 10)}},
      .pending = {{kPending, Pending("r", "1970-01-01T00:00:10Z", Delivered(2, 20))}}};
  ASSERT_OK_AND_ASSIGN(const auto settled, Settle(stored, {"another"}));
  EXPECT_THAT(settled.known.delivered, ElementsAre(Pair(kDelivered, Delivered(1, 10))));
  EXPECT_EQ(settled.known.plain.second, "1970-01-01T00:00:10Z");
  EXPECT_THAT(settled.stores, ElementsAre(Pair(kPending, "")));
  EXPECT_TRUE(settled.missed);
}

TEST(SettlePending, KnowsNothingAfterAFirstSyncWithoutAReceipt) {
  const CursorState stored{.plain = {kPlain, ""},
                           .delivered = {},
                           .pending = {{kPending, Pending("r", "", Delivered(2, 20))}}};
  ASSERT_OK_AND_ASSIGN(const auto settled, Settle(stored, {}));
  EXPECT_THAT(settled.known.delivered, IsEmpty());
  EXPECT_TRUE(settled.missed);
  ASSERT_OK_AND_ASSIGN(const auto first, Settle(stored, {"r"}));
  EXPECT_THAT(first.known.delivered, ElementsAre(Pair(kDelivered, Delivered(2, 20))));
  EXPECT_EQ(first.known.plain.second, "1970-01-01T00:00:20Z");
}

TEST(SettlePending, ForgetsWhatALaterSyncWithoutReceiptsHasOvertaken) {
  for (const std::set<std::string>& receipts : {std::set<std::string>{"r"}, {}}) {
    ASSERT_OK_AND_ASSIGN(
        const auto settled,
        Settle({.plain = {kPlain, "1970-01-01T00:00:30Z"},
                .delivered = {{kDelivered, Delivered(3, 30)}},
                .pending = {{kPending, Pending("r", "", Delivered(2, 20))}}},
               receipts));
    EXPECT_THAT(settled.known.delivered, ElementsAre(Pair(kDelivered, Delivered(3, 30))));
    EXPECT_EQ(settled.known.plain.second, "1970-01-01T00:00:30Z");
    EXPECT_THAT(settled.stores, ElementsAre(Pair(kPending, "")));
    EXPECT_FALSE(settled.missed);
  }
}

TEST(SettlePending, LeavesAPlainCursorThatSomebodySet) {
  ASSERT_OK_AND_ASSIGN(const auto settled,
                       Settle({.plain = {kPlain, "1970-01-01T00:00:05Z"},
                               .delivered = {{kDelivered, Delivered(1, 10)}},
                               .pending = {{kPending, Pending("r", "1970-01-01T00:00:10Z",
                                                              Delivered(2, 20))}}},
                              {"r"}));
  EXPECT_EQ(settled.known.plain.second, "1970-01-01T00:00:05Z");
  EXPECT_THAT(settled.known.delivered, ElementsAre(Pair(kDelivered, Delivered(2, 20))));
}

TEST(SettlePending, LooksAtOtherSharesAndLeavesThemAsTheyAre) {
  const KeyShare one{1, 2};
  const KeyShare two{2, 2};
  const CursorState stored{
      .plain = {kPlain, ""},
      .delivered = {},
      .pending = {{"s3/b/t/pending/1of2", Pending("r1", "", Delivered(1, 10, one))},
                  {"s3/b/t/pending/2of2", Pending("r2", "", Delivered(2, 20, two))}}};
  ASSERT_OK_AND_ASSIGN(const auto settled, Settle(stored, {"r1", "r2"}, one));
  EXPECT_THAT(settled.known.delivered,
              ElementsAre(Pair("s3/b/t/delivered/1of2", Delivered(1, 10, one)),
                          Pair("s3/b/t/delivered/2of2", Delivered(2, 20, two))));
  EXPECT_THAT(settled.stores,
              ElementsAre(Pair("s3/b/t/pending/1of2", ""),
                          Pair("s3/b/t/delivered/1of2", Delivered(1, 10, one))));
  EXPECT_EQ(settled.known.plain.second, "") << "shards do not move it";
  ASSERT_OK_AND_ASSIGN(const auto other, Settle(stored, {"r1"}, one));
  EXPECT_FALSE(other.missed) << "that of the other share is the other one's";
  ASSERT_OK_AND_ASSIGN(const auto whole, Settle(stored, {"r1"}));
  EXPECT_TRUE(whole.missed);
}

TEST(SettlePending, NamesTheBrokenKey) {
  for (const auto& text : {std::string("v1 r -"), Pending("r", "", "v1 AAAA")}) {
    EXPECT_THAT(
        Settle({.plain = {kPlain, ""}, .delivered = {}, .pending = {{kPending, text}}},
               {"r"}),
        StatusIs(arrow::StatusCode::Invalid,
                 AllOf(HasSubstr(kPending), HasSubstr("delete the table's keys"))));
  }
}

TEST(StateKeys, OfPendingAndDeliveredBelongTogether) {
  for (const KeyShare share : {KeyShare{}, KeyShare{2, 3}}) {
    EXPECT_EQ(DeliveredKeyOfPending(PendingKey("pending", "pending", share)),
              DeliveredKey("pending", "pending", share));
  }
}

}  // namespace
}  // namespace s3source
