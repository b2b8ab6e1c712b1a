#include "read/snappy_block.h"

#include <arrow/util/endian.h>
#include <arrow/util/ubsan.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace s3source {

namespace {

/// A block is a size and elements. The low two bits of an element's first byte, its tag,
/// say what it is: a literal, whose bytes follow, or a copy of bytes that were decoded
/// before, with an offset of so many bytes behind the tag.
enum Kind : uint32_t { kLiteral = 0, kCopy1 = 1, kCopy2 = 2, kCopy4 = 3 };

constexpr size_t kWide = 16;            ///< bytes that one instruction copies
constexpr size_t kLongestElement = 80;  ///< an element's bytes, in or out, and kWide more
constexpr uint32_t kSizeInTag = 60;     ///< a literal up to so many bytes has it there
constexpr size_t kMostSizeBytes = 5;
constexpr int64_t kBestRatio = 22;  ///< a copy of 64 bytes takes three

struct Preamble {
  uint32_t decoded_bytes = 0;
  size_t size = 0;  ///< of itself; 0: it is broken
};

Preamble ReadPreamble(std::span<const uint8_t> block) {
  uint64_t value = 0;
  for (size_t i = 0; i < std::min(block.size(), kMostSizeBytes); ++i) {
    value |= uint64_t{block[i] & 0x7fU} << (7 * i);
    if (block[i] >= 0x80) continue;
    if (value > UINT32_MAX) break;
    return {static_cast<uint32_t>(value), i + 1};
  }
  return {};
}

void CopyWide(uint8_t* to, const uint8_t* from) { std::memcpy(to, from, kWide); }

/// Up to 64 bytes, in steps: what is read by one step may have been written by the one
/// before.
void CopyUpTo64(uint8_t* to, const uint8_t* from, size_t size) {
  CopyWide(to, from);
  if (size <= kWide) return;
  CopyWide(to + kWide, from + kWide);
  CopyWide(to + 2 * kWide, from + 2 * kWide);
  CopyWide(to + 3 * kWide, from + 3 * kWide);
}

uint32_t LittleEndian32(const uint8_t* from) {
  return arrow::bit_util::FromLittleEndian(arrow::util::SafeLoadAs<uint32_t>(from));
}

/// The size of a literal that is not in its tag: `count` bytes, 1 to 4, of which four can
/// be read.
size_t LiteralSize(const uint8_t* from, size_t count) {
  return size_t{LittleEndian32(from) & (UINT32_MAX >> (32 - 8 * count))} + 1;
}

struct Copy {
  size_t size = 0;
  size_t offset = 0;
  size_t stored = 0;  ///< bytes of the element
};

/// `in` is at a tag that is not a literal's, and four bytes behind it can be read.
Copy ReadCopy(const uint8_t* in) {
  const uint32_t tag = *in;
  const uint32_t behind = LittleEndian32(in + 1);
  if ((tag & 3U) == kCopy1) {
    return {((tag >> 2) & 7U) + 4, (tag >> 5) << 8 | (behind & 0xffU), 2};
  }
  if ((tag & 3U) == kCopy2) return {(tag >> 2) + 1, behind & 0xffffU, 3};
  return {(tag >> 2) + 1, behind, 5};
}

/// What is left of a block, and of the room for it.
struct Cursor {
  const uint8_t* in;
  const uint8_t* in_end;
  uint8_t* out;
  uint8_t* out_end;
  uint8_t* out_begin;

  size_t in_left() const { return static_cast<size_t>(in_end - in); }
  size_t out_left() const { return static_cast<size_t>(out_end - out); }
  size_t decoded() const { return static_cast<size_t>(out - out_begin); }

  bool TakeLiteral(size_t size) {
    if (size > in_left() || size > out_left()) return false;
    std::memcpy(out, in, size);
    in += size;
    out += size;
    return true;
  }
};

/// A literal with its size behind the tag, of which four bytes can be read.
bool TakeLongLiteral(Cursor& at) {
  const size_t size_bytes = (*at.in >> 2) - kSizeInTag + 1;
  const size_t size = LiteralSize(at.in + 1, size_bytes);
  at.in += 1 + size_bytes;
  return at.TakeLiteral(size);
}

/// One element where any of them fits: no copy needs to be exact.
bool DecodeNext(Cursor& at) {
  const uint32_t tag = *at.in;
  if ((tag & 3U) == kLiteral) {
    const size_t size = (tag >> 2) + 1;
    if (size > kSizeInTag) return TakeLongLiteral(at);
    CopyUpTo64(at.out, at.in + 1, size);
    at.in += 1 + size;
    at.out += size;
    return true;
  }
  const Copy copy = ReadCopy(at.in);
  if (copy.offset == 0 || copy.offset > at.decoded()) return false;
  const uint8_t* const from = at.out - copy.offset;
  if (copy.offset >= kWide) {
    CopyUpTo64(at.out, from, copy.size);
  } else {
    for (size_t i = 0; i < copy.size; ++i) at.out[i] = from[i];
  }
  at.in += copy.stored;
  at.out += copy.size;
  return true;
}

/// Elements while any of them fits.
bool DecodeMost(Cursor* cursor) {
  if (cursor->in_left() < kLongestElement || cursor->out_left() < kLongestElement) {
    return true;
  }
  const uint8_t* const in_last = cursor->in_end - kLongestElement;
  uint8_t* const out_last = cursor->out_end - kLongestElement;
  Cursor at = *cursor;
  bool good = true;
  while (good && at.in <= in_last && at.out <= out_last) good = DecodeNext(at);
  *cursor = at;
  return good;
}

/// One element near the end of the block or of the room.
bool DecodeOne(Cursor* cursor) {
  uint8_t element[kMostSizeBytes] = {};
  std::copy_n(cursor->in, std::min(cursor->in_left(), kMostSizeBytes), element);
  const uint32_t tag = element[0];
  if ((tag & 3U) == kLiteral) {
    const size_t in_tag = (tag >> 2) + 1;
    const size_t size_bytes = in_tag > kSizeInTag ? in_tag - kSizeInTag : 0;
    if (cursor->in_left() < 1 + size_bytes) return false;
    cursor->in += 1 + size_bytes;
    return cursor->TakeLiteral(size_bytes == 0 ? in_tag
                                               : LiteralSize(element + 1, size_bytes));
  }
  const Copy copy = ReadCopy(element);
  if (copy.stored > cursor->in_left() || copy.size > cursor->out_left() ||
      copy.offset == 0 || copy.offset > cursor->decoded()) {
    return false;
  }
  const uint8_t* const from = cursor->out - copy.offset;
  for (size_t i = 0; i < copy.size; ++i) cursor->out[i] = from[i];
  cursor->in += copy.stored;
  cursor->out += copy.size;
  return true;
}

}  // namespace

arrow::Result<int64_t> SnappyDecodedBytes(std::span<const uint8_t> block) {
  const Preamble preamble = ReadPreamble(block);
  if (preamble.size == 0)
    return arrow::Status::Invalid("corrupt Snappy data: it has no size");
  if (preamble.decoded_bytes > kBestRatio * static_cast<int64_t>(block.size())) {
    return arrow::Status::Invalid("corrupt Snappy data: ", block.size(),
                                  " bytes cannot hold ", preamble.decoded_bytes);
  }
  return preamble.decoded_bytes;
}

arrow::Status DecodeSnappy(std::span<const uint8_t> block, std::span<uint8_t> out) {
  ARROW_ASSIGN_OR_RAISE(const int64_t decoded_bytes, SnappyDecodedBytes(block));
  if (decoded_bytes != static_cast<int64_t>(out.size())) {
    return arrow::Status::Invalid("corrupt Snappy data: it says that it holds ",
                                  decoded_bytes, " bytes, and the page that it holds ",
                                  out.size());
  }
  Cursor cursor{block.data() + ReadPreamble(block).size, block.data() + block.size(),
                out.data(), out.data() + out.size(), out.data()};
  bool good = DecodeMost(&cursor);
  while (good && cursor.in < cursor.in_end) {
    good = DecodeOne(&cursor);
  }
  if (good && cursor.out_left() == 0) return arrow::Status::OK();
  return arrow::Status::Invalid("corrupt Snappy data after ", cursor.decoded(), " of ",
                                out.size(), " bytes");
}

}  // namespace s3source
