#include "cursor/delivered_value.h"

#include <arrow/util/base64.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "cloudquery/testing/arrow_matchers.h"
#include "cursor/table_cursor.h"

namespace s3source {
namespace {

using ::cq::testing::StatusIs;
using ::testing::HasSubstr;

std::string Golden(const std::string& name) {
  std::ifstream file(std::string(CQS3_GOLDEN_DIR) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Timestamp At(const std::string& text) { return ParseTimestamp(text).ValueOrDie(); }

Hash128 Filled(uint8_t byte) {
  Hash128 hash;
  hash.fill(byte);
  return hash;
}

/// What tests/golden/README.md says is in delivered.v1.txt.
DeliveredValue GoldenValue() {
  DeliveredValue value;
  value.share = {2, 3};
  value.scope = 0x0123456789abcdef;
  value.sequence = 1733061600000000000;
  value.window_start = At("2024-11-30T00:00:00Z");
  value.newest = At("2024-12-01T00:00:00.5Z");
  value.delivered = {{At("2024-11-30T00:00:00Z"), Filled(0x11)},
                     {At("2024-11-30T00:00:00Z"), Filled(0x22)},
                     {At("2024-12-01T00:00:00.5Z"), Filled(0x0f)}};
  value.owed = {Filled(0xa0), Filled(0xff)};
  return value;
}

std::string WithBody(const std::string& body) {
  std::string bytes = body;
  const uint64_t checksum = Hash64(body);
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(checksum >> (8 * i)));
  return "v1 " + arrow::util::base64_encode(bytes);
}

TEST(DeliveredValue, IsWrittenAsTheDocumentationSays) {
  EXPECT_EQ(EncodeDelivered(GoldenValue()), Golden("delivered.v1.txt"));
  EXPECT_EQ(EncodeDelivered(DeliveredValue{}), Golden("delivered.v1.empty.txt"));
}

TEST(DeliveredValue, IsReadAsTheDocumentationSays) {
  ASSERT_OK_AND_ASSIGN(const auto value, DecodeDelivered(Golden("delivered.v1.txt")));
  EXPECT_EQ(value, GoldenValue());
  ASSERT_OK_AND_ASSIGN(const auto empty,
                       DecodeDelivered(Golden("delivered.v1.empty.txt")));
  EXPECT_EQ(empty, DeliveredValue{});
}

TEST(DeliveredValue, HashesAreThoseOfTheXxhsumProgram) {
  // printf %s 'data/a.parquet' | xxhsum -H2
  const Hash128 key{0xae, 0x92, 0x6d, 0xdb, 0xb7, 0x7e, 0x02, 0x49,
                    0x91, 0x2a, 0xa8, 0xc0, 0xce, 0x2e, 0x07, 0xd8};
  EXPECT_EQ(KeyHash("data/a.parquet"), key);
  Object object;
  object.key = "data/a.parquet";
  object.etag = "\"e1\"";
  object.size_bytes = 300;
  // printf '\x0e\0\0\0\0\0\0\0data/a.parquet\x04\0\0\0\0\0\0\0"e1"\x2c\x01\0\0\0\0\0\0' |
  // xxhsum -H2
  const Hash128 version{0x65, 0x43, 0xa4, 0xad, 0x31, 0x60, 0x9b, 0x31,
                        0xfc, 0x30, 0x92, 0x0f, 0x3e, 0x83, 0x46, 0xb8};
  EXPECT_EQ(VersionHash(object), version);
  // printf %s 'data/' | xxhsum -H3
  EXPECT_EQ(Hash64("data/"), 0x3ca0f0fd69f98499u);
}

TEST(DeliveredValue, EveryFlippedBitAndEveryCutIsNoticed) {
  const std::string text = EncodeDelivered(GoldenValue());
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(DecodeDelivered(text.substr(0, i)).ok()) << "cut at " << i;
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      EXPECT_FALSE(DecodeDelivered(flipped).ok()) << "bit " << bit << " of " << i;
    }
  }
  EXPECT_FALSE(DecodeDelivered(text + "A").ok());
}

TEST(DeliveredValue, TellsABrokenValueFromOneOfANewerVersion) {
  EXPECT_THAT(DecodeDelivered("v2 AAAA"),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("newer version")));
  EXPECT_THAT(DecodeDelivered("2024-12-01T00:00:00Z"),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("broken")));
  EXPECT_THAT(DecodeDelivered("v1 AAAA"),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("cut off")));
}

TEST(DeliveredValue, RefusesWhatHasARightChecksumButMakesNoSense) {
  const std::string scope(8, '\0');
  const std::string times("\0\0\0", 3);  // sequence, window, no newest
  const struct {
    const char* what;
    std::string body;
  } cases[] = {
      {"no bytes", ""},
      {"shard 0", std::string("\0\1", 2) + scope + times + std::string(2, '\0')},
      {"shard 2 of 1", "\2\1" + scope + times + std::string(2, '\0')},
      {"a flag of 2", "\1\1" + scope + std::string("\0\0\2\0\0", 5)},
      {"more entries than bytes", "\1\1" + scope + times + "\xff\xff\xff\xff\x0f"},
      {"more owed than bytes",
       "\1\1" + scope + times + std::string("\0", 1) + "\xff\xff\xff\xff\x0f"},
      {"bytes behind the end", "\1\1" + scope + times + std::string(3, '\0')},
      {"a number in too many bytes", "\1\1" + scope + std::string("\x80\0\0\0\0\0", 6)},
      {"owed out of order", "\1\1" + scope + times + std::string("\0\2", 2) +
                                std::string(16, '\2') + std::string(16, '\1')},
      {"owed twice", "\1\1" + scope + times + std::string("\0\2", 2) +
                         std::string(16, '\1') + std::string(16, '\1')},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_THAT(DecodeDelivered(WithBody(c.body)),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr("broken")));
  }
  EXPECT_OK(DecodeDelivered(WithBody("\1\1" + scope + times + std::string(2, '\0'))));
}

TEST(DeliveredValue, ComesBackWhateverIsInIt) {
  std::mt19937_64 random(20241201);
  for (int round = 0; round < 200; ++round) {
    DeliveredValue value;
    value.share.total = static_cast<int32_t>(1 + random() % 9);
    value.share.num = static_cast<int32_t>(1 + random() % value.share.total);
    value.scope = random();
    value.sequence = static_cast<int64_t>(random());
    value.window_start = Timestamp(
        std::chrono::nanoseconds(round % 7 == 0 ? std::numeric_limits<int64_t>::min()
                                                : static_cast<int64_t>(random() >> 2)));
    if (random() % 2) value.newest = Timestamp(std::chrono::nanoseconds(random()));
    Timestamp last = value.window_start;
    for (auto count = random() % 20; count > 0; --count) {
      last += std::chrono::nanoseconds(1 + random() % (uint64_t{1} << 55));
      value.delivered.push_back({last, Filled(static_cast<uint8_t>(random()))});
    }
    for (int byte = 0; byte < 256; ++byte) {
      if (random() % 16 == 0) value.owed.push_back(Filled(static_cast<uint8_t>(byte)));
    }
    const std::string text = EncodeDelivered(value);
    ASSERT_OK_AND_ASSIGN(const auto back, DecodeDelivered(text));
    EXPECT_EQ(back, value) << "round " << round;
    EXPECT_LE(static_cast<int64_t>(text.size()),
              EncodedBytes(static_cast<int64_t>(value.delivered.size()),
                           static_cast<int64_t>(value.owed.size())));
  }
}

TEST(KeyShare, EveryKeyIsInExactlyOneShareOfEachTotal) {
  for (const int32_t total : {1, 2, 3, 7, 100}) {
    std::vector<int> keys(static_cast<size_t>(total));
    for (int i = 0; i < 5000; ++i) {
      const Hash128 key = KeyHash("table/part-" + std::to_string(i) + ".parquet");
      int covering = 0;
      for (int32_t num = 1; num <= total; ++num) {
        if (!KeyShare{num, total}.Covers(key)) continue;
        ++covering;
        ++keys[static_cast<size_t>(num - 1)];
      }
      ASSERT_EQ(covering, 1);
    }
    for (const int count : keys) EXPECT_GT(count, 5000 / total / 2);
  }
}

}  // namespace
}  // namespace s3source
