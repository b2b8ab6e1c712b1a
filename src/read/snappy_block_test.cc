#include "read/snappy_block.h"

#include <arrow/util/compression.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<uint8_t>;

/// In memory of exactly this size, so that a sanitizer sees a byte too many.
arrow::Result<std::string> Decode(const Bytes& block, size_t size) {
  const Bytes exact(block.begin(), block.end());
  Bytes out(size);
  ARROW_RETURN_NOT_OK(DecodeSnappy(exact, out));
  return std::string(out.begin(), out.end());
}

Bytes Preamble(size_t size) {
  Bytes bytes;
  for (; size >= 0x80; size >>= 7) bytes.push_back(static_cast<uint8_t>(size | 0x80));
  bytes.push_back(static_cast<uint8_t>(size));
  return bytes;
}

/// Elements, and what they stand for.
class Block {
 public:
  /// With its size in the tag, or in so many bytes behind it.
  Block& Literal(const std::string& text, int size_bytes = 0) {
    const size_t size = text.size() - 1;
    Add(static_cast<uint32_t>(size_bytes == 0 ? size : 59 + size_bytes) << 2, size,
        size_bytes);
    elements_.insert(elements_.end(), text.begin(), text.end());
    text_ += text;
    return *this;
  }
  /// `offset_bytes`: 1 (4 to 11 bytes from an offset below 2048), 2 or 4.
  Block& Copy(size_t size, size_t offset, int offset_bytes) {
    if (offset_bytes == 1) {
      Add(static_cast<uint32_t>(offset >> 8 << 5 | (size - 4) << 2 | 1), offset, 1);
    } else {
      Add(static_cast<uint32_t>((size - 1) << 2 | (offset_bytes == 2 ? 2 : 3)), offset,
          offset_bytes);
    }
    for (size_t i = 0; i < size; ++i) text_ += text_[text_.size() - offset];
    return *this;
  }

  const std::string& text() const { return text_; }
  Bytes bytes() const {
    Bytes all = Preamble(text_.size());
    all.insert(all.end(), elements_.begin(), elements_.end());
    return all;
  }

 private:
  void Add(uint32_t tag, size_t value, int value_bytes) {
    elements_.push_back(static_cast<uint8_t>(tag));
    for (int i = 0; i < value_bytes; ++i) {
      elements_.push_back(static_cast<uint8_t>(value >> (8 * i)));
    }
  }

  Bytes elements_;
  std::string text_;
};

void ExpectDecodes(const Block& block) {
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       Decode(block.bytes(), block.text().size()));
  EXPECT_EQ(text, block.text());
}

void ExpectInvalid(const Bytes& block, size_t size, const std::string& because) {
  const auto text = Decode(block, size);
  ASSERT_TRUE(text.status().IsInvalid()) << text.status().ToString();
  EXPECT_THAT(text.status().message(), HasSubstr(because));
}

TEST(DecodeSnappy, KnowsTheBytesOfTheFormatDescription) {
  EXPECT_EQ(Decode({0x00}, 0).ValueOrDie(), "");
  EXPECT_EQ(Decode({0x03, 0x08, 'a', 'b', 'c'}, 3).ValueOrDie(), "abc");
  EXPECT_EQ(Decode({0x08, 0x0c, 'a', 'b', 'c', 'd', 0x01, 0x04}, 8).ValueOrDie(),
            "abcdabcd");
  // "xababab" is the description's own: a literal "xab" and a copy of 4 from 2 back.
  EXPECT_EQ(Decode({0x07, 0x08, 'x', 'a', 'b', 0x01, 0x02}, 7).ValueOrDie(), "xababab");
  EXPECT_EQ(Decode({0x41, 0x00, 'a', 0xfe, 0x01, 0x00}, 65).ValueOrDie(),
            std::string(65, 'a'));
  EXPECT_EQ(Decode({0x03, 0xf0, 0x02, 'a', 'b', 'c'}, 3).ValueOrDie(), "abc");
  EXPECT_EQ(
      Decode({0x06, 0x08, 'a', 'b', 'c', 0x0b, 0x03, 0x00, 0x00, 0x00}, 6).ValueOrDie(),
      "abcabc");
}

TEST(DecodeSnappy, TakesLiteralsOfEachSize) {
  for (size_t size = 1; size < 200; ++size) {
    for (const int size_bytes : {0, 1, 2, 3, 4}) {
      if (size_bytes == 0 && size > 60) continue;
      SCOPED_TRACE(::testing::Message() << size << " bytes, " << size_bytes);
      std::string text;
      for (size_t i = 0; i < size; ++i) text += static_cast<char>('!' + i % 90);
      ExpectDecodes(Block().Literal(text, size_bytes));
      ExpectDecodes(Block().Literal(text, size_bytes).Literal(std::string(200, '-'), 1));
    }
  }
  ExpectDecodes(Block().Literal(std::string(70000, 'x'), 3));
}

TEST(DecodeSnappy, TakesCopiesOfEachSizeAndOffset) {
  std::string text;
  for (int i = 0; i < 120; ++i) text += static_cast<char>('!' + i % 90);
  for (size_t offset = 1; offset <= 100; ++offset) {
    for (size_t size = 1; size <= 64; ++size) {
      for (const int offset_bytes : {1, 2, 4}) {
        if (offset_bytes == 1 && (size < 4 || size > 11)) continue;
        SCOPED_TRACE(::testing::Message() << size << " from " << offset << " back");
        Block block = Block().Literal(text, 1).Copy(size, offset, offset_bytes);
        ExpectDecodes(block);
        ExpectDecodes(block.Literal(text, 1));
      }
    }
  }
}

Block RandomBlock(std::mt19937& random) {
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  Block block;
  block.Literal("start");
  for (size_t elements = below(300); elements > 0; --elements) {
    const size_t known = block.text().size();
    switch (below(5)) {
      case 0:
        block.Literal(std::string(1 + below(60), static_cast<char>('a' + below(26))));
        break;
      case 1:
        block.Literal(std::string(1 + below(250), static_cast<char>('a' + below(26))), 1);
        break;
      case 2:
        block.Copy(4 + below(8), 1 + below(std::min<size_t>(known, 2047)), 1);
        break;
      case 3:
        block.Copy(1 + below(64), 1 + below(std::min<size_t>(known, 30)), 2);
        break;
      default:
        block.Copy(1 + below(64), 1 + below(known), 4);
    }
  }
  return block;
}

TEST(DecodeSnappy, TakesElementsInAnyOrder) {
  std::mt19937 random(20261130);
  for (int i = 0; i < 500; ++i) ExpectDecodes(RandomBlock(random));
}

TEST(DecodeSnappy, ReadsWhatTheLibraryWrites) {
  ASSERT_OK_AND_ASSIGN(auto codec,
                       arrow::util::Codec::Create(arrow::Compression::SNAPPY));
  std::mt19937 random(20261130);
  for (const unsigned letters : {1, 2, 16, 256}) {
    for (const size_t size : {0, 1, 15, 16, 17, 79, 80, 81, 1000, 65536, 300000}) {
      SCOPED_TRACE(::testing::Message() << size << " bytes of " << letters << " letters");
      std::string text(size, '\0');
      for (char& letter : text) letter = static_cast<char>(random() % letters);
      const auto* input = reinterpret_cast<const uint8_t*>(text.data());
      Bytes block(codec->MaxCompressedLen(static_cast<int64_t>(size), input));
      ASSERT_OK_AND_ASSIGN(
          const int64_t stored,
          codec->Compress(static_cast<int64_t>(size), input,
                          static_cast<int64_t>(block.size()), block.data()));
      block.resize(stored);
      ASSERT_OK_AND_ASSIGN(const std::string decoded, Decode(block, size));
      EXPECT_EQ(decoded, text);
    }
  }
}

TEST(DecodeSnappy, RefusesABlockThatEndsTooEarly) {
  std::mt19937 random(7);
  const Block block = RandomBlock(random);
  const Bytes whole = block.bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_TRUE(Decode(cut, block.text().size()).status().IsInvalid()) << size;
  }
}

TEST(DecodeSnappy, RefusesWhatMakesNoSense) {
  ExpectInvalid({}, 0, "no size");
  ExpectInvalid({0x80}, 0, "no size");
  ExpectInvalid({0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 0, "no size");
  ExpectInvalid({0xff, 0xff, 0xff, 0xff, 0x10}, 0, "no size");
  ExpectInvalid({0xff, 0xff, 0xff, 0xff, 0x0f}, 0, "5 bytes cannot hold 4294967295");
  ExpectInvalid({0x03, 0x08, 'a', 'b', 'c'}, 2, "says that it holds 3 bytes");
  ExpectInvalid({0x04, 0x08, 'a', 'b', 'c'}, 4, "after 3 of 4");
  ExpectInvalid({0x02, 0x08, 'a', 'b', 'c'}, 2, "after 0 of 2");
  ExpectInvalid({0x08, 0x0c, 'a', 'b', 'c', 'd', 0x01, 0x00}, 8, "after 4 of 8");
  ExpectInvalid({0x08, 0x0c, 'a', 'b', 'c', 'd', 0x01, 0x05}, 8, "after 4 of 8");
  ExpectInvalid({0x04, 0x01, 0x01}, 4, "after 0 of 4");
  ExpectInvalid({0x07, 0x0c, 'a', 'b', 'c', 'd', 0x01, 0x04}, 7, "after 4 of 7");
}

/// In the middle of a long block, where elements are not looked at one by one.
TEST(DecodeSnappy, RefusesACopyOfWhatWasNotDecoded) {
  const std::string text(100, 'x');
  const Block good = Block().Literal(text, 1).Copy(64, 100, 2).Literal(text, 1);
  Bytes block = good.bytes();
  const size_t offset_at = Preamble(good.text().size()).size() + 2 + text.size() + 1;
  ASSERT_EQ(block[offset_at], 100);
  ExpectDecodes(good);
  block[offset_at] = 101;
  ExpectInvalid(block, good.text().size(), "after 100 of 264");
  block[offset_at] = 0;
  ExpectInvalid(block, good.text().size(), "after 100 of 264");
}

TEST(DecodeSnappy, RefusesALiteralThatIsLongerThanTheBlockOrTheRoom) {
  const std::string text(200, 'x');
  Bytes block = Block().Literal(text, 1).Literal(text, 4).bytes();
  const size_t size_at = 2 + 2 + text.size() + 1;
  ASSERT_EQ(block[size_at], 199);
  for (const auto& [byte, value] : {std::pair{0, 200}, {1, 1}, {2, 1}, {3, 0xff}}) {
    Bytes broken = block;
    broken[size_at + byte] = static_cast<uint8_t>(value);
    ExpectInvalid(broken, 400, "after 200 of 400");
  }
}

/// Whatever one byte is changed into: the same verdict and the same bytes as the
/// library's.
TEST(DecodeSnappy, JudgesBrokenBlocksAsTheLibraryDoes) {
  ASSERT_OK_AND_ASSIGN(auto codec,
                       arrow::util::Codec::Create(arrow::Compression::SNAPPY));
  std::mt19937 random(11);
  const Block block = RandomBlock(random);
  const size_t size = block.text().size();
  int accepted = 0;
  for (size_t at = Preamble(size).size(); at < block.bytes().size(); ++at) {
    Bytes broken = block.bytes();
    broken[at] = static_cast<uint8_t>(broken[at] + 1 + random() % 255);
    std::string expected(size, '\0');
    const auto library = codec->Decompress(static_cast<int64_t>(broken.size()),
                                           broken.data(), static_cast<int64_t>(size),
                                           reinterpret_cast<uint8_t*>(expected.data()));
    const auto ours = Decode(broken, size);
    ASSERT_EQ(ours.ok(), library.ok()) << at << ": " << ours.status().ToString();
    if (!ours.ok()) continue;
    EXPECT_EQ(*ours, expected) << at;
    ++accepted;
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace s3source
