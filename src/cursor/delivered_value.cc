#include "cursor/delivered_value.h"

#include <arrow/status.h>
#include <arrow/util/base64.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace s3source {
namespace {

constexpr std::string_view kVersion = "v1 ";
constexpr size_t kChecksumBytes = 8;
constexpr int64_t kMostVarintBytes = 10;
/// All but the entries: six numbers, a byte, two counts, scope and checksum.
constexpr int64_t kFixedBytes = 8 * kMostVarintBytes + 1 + 16;

arrow::Status Broken(std::string_view what) {
  return arrow::Status::Invalid("it is broken: ", what);
}

uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}

int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

int64_t Nanos(Timestamp time) { return time.time_since_epoch().count(); }
Timestamp FromNanos(int64_t nanos) { return Timestamp(std::chrono::nanoseconds(nanos)); }

class Writer {
 public:
  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }
  void Signed(int64_t value) { Varint(ZigZag(value)); }
  void Fixed(uint64_t value) { AppendLittleEndian(value, &bytes_); }
  void Hash(const Hash128& hash) {
    bytes_.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

/// Reads what Writer wrote; after the first failure gives zeros and stays failed.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      const uint8_t byte = Byte();
      // The tenth byte holds one bit; a last byte of zero would be a second spelling.
      if ((shift == 63 && byte > 1) || (shift > 0 && byte == 0)) break;
      value |= uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    failed_ = true;
    return 0;
  }
  int64_t Signed() { return UnZigZag(Varint()); }
  uint64_t Fixed() {
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value |= uint64_t{Byte()} << (8 * i);
    return value;
  }
  uint8_t Byte() {
    if (rest_.empty()) {
      failed_ = true;
      return 0;
    }
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  Hash128 Hash() {
    Hash128 hash{};
    if (rest_.size() < hash.size()) {
      failed_ = true;
      return hash;
    }
    std::memcpy(hash.data(), rest_.data(), hash.size());
    rest_.remove_prefix(hash.size());
    return hash;
  }
  /// A count of things of at least `bytes` bytes each.
  uint64_t Count(size_t bytes) {
    const uint64_t count = Varint();
    if (count > rest_.size() / bytes) failed_ = true;
    return failed_ ? 0 : count;
  }

  bool failed() const { return failed_; }
  bool done() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

void WriteEntries(const DeliveredValue& value, Writer* out) {
  out->Varint(value.delivered.size());
  // Unsigned, as the difference to the least time may be greater than an int64_t.
  auto last = static_cast<uint64_t>(Nanos(value.window_start));
  for (const DeliveredVersion& entry : value.delivered) {
    const auto now = static_cast<uint64_t>(Nanos(entry.last_modified));
    out->Varint(now - last);
    out->Hash(entry.version);
    last = now;
  }
  out->Varint(value.owed.size());
  for (const Hash128& key : value.owed) out->Hash(key);
}

arrow::Status ReadEntries(Reader* in, DeliveredValue* value) {
  value->delivered.resize(in->Count(1 + sizeof(Hash128)));
  int64_t last = Nanos(value->window_start);
  for (DeliveredVersion& entry : value->delivered) {
    const uint64_t delta = in->Varint();
    if (delta > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) -
                    static_cast<uint64_t>(last)) {
      return Broken("a time is out of range");
    }
    last = static_cast<int64_t>(static_cast<uint64_t>(last) + delta);
    entry = {FromNanos(last), in->Hash()};
  }
  value->owed.resize(in->Count(sizeof(Hash128)));
  for (Hash128& key : value->owed) key = in->Hash();
  const auto ascending = [](const auto& entries) {
    return std::ranges::adjacent_find(entries, std::greater_equal<>()) == entries.end();
  };
  if (!in->failed() && !(ascending(value->delivered) && ascending(value->owed))) {
    return Broken("its entries are out of order");
  }
  return arrow::Status::OK();
}

arrow::Result<DeliveredValue> Parse(std::string_view bytes) {
  Reader in(bytes);
  DeliveredValue value;
  const uint64_t num = in.Varint();
  const uint64_t total = in.Varint();
  if (num < 1 || num > total || total > std::numeric_limits<int32_t>::max()) {
    return Broken("it is of no possible shard");
  }
  value.share = {static_cast<int32_t>(num), static_cast<int32_t>(total)};
  value.scope = in.Fixed();
  value.sequence = in.Signed();
  value.window_start = FromNanos(in.Signed());
  const uint8_t has_newest = in.Byte();
  if (has_newest > 1) return Broken("a flag is neither 0 nor 1");
  if (has_newest == 1) value.newest = FromNanos(in.Signed());
  ARROW_RETURN_NOT_OK(ReadEntries(&in, &value));
  if (!in.done()) return Broken("it ends too early or too late");
  return value;
}

}  // namespace

bool KeyShare::Covers(const Hash128& key_hash) const {
  uint64_t first = 0;
  for (int i = 0; i < 8; ++i) first = first << 8 | key_hash[i];
  return first % static_cast<uint64_t>(total) == static_cast<uint64_t>(num - 1);
}

std::string EncodeDelivered(const DeliveredValue& value) {
  Writer out;
  out.Varint(static_cast<uint64_t>(value.share.num));
  out.Varint(static_cast<uint64_t>(value.share.total));
  out.Fixed(value.scope);
  out.Signed(value.sequence);
  out.Signed(Nanos(value.window_start));
  out.bytes().push_back(value.newest ? 1 : 0);
  if (value.newest) out.Signed(Nanos(*value.newest));
  WriteEntries(value, &out);
  out.Fixed(Hash64(out.bytes()));
  return std::string(kVersion) + arrow::util::base64_encode(out.bytes());
}

arrow::Result<DeliveredValue> DecodeDelivered(std::string_view text) {
  if (!text.starts_with(kVersion)) {
    const bool versioned =
        text.size() > 1 && text[0] == 'v' && text[1] >= '0' && text[1] <= '9';
    if (!versioned) return Broken("it does not begin with a version");
    return arrow::Status::Invalid(
        "it was written by a newer version of this plugin than this one, which reads v1");
  }
  const std::string_view encoded = text.substr(kVersion.size());
  const auto bytes = arrow::util::base64_decode(encoded);
  if (!bytes.ok() || arrow::util::base64_encode(*bytes) != encoded) {
    return Broken("it is not Base64");
  }
  if (bytes->size() < kChecksumBytes) return Broken("it is cut off");
  const std::string_view body(bytes->data(), bytes->size() - kChecksumBytes);
  Reader checksum(std::string_view(*bytes).substr(body.size()));
  if (checksum.Fixed() != Hash64(body)) return Broken("its checksum is wrong");
  return Parse(body);
}

int64_t EncodedBytes(int64_t delivered, int64_t owed) {
  constexpr auto kHash = static_cast<int64_t>(sizeof(Hash128));
  const int64_t bytes =
      kFixedBytes + delivered * (kMostVarintBytes + kHash) + owed * kHash;
  return static_cast<int64_t>(kVersion.size()) + (bytes + 2) / 3 * 4;
}

}  // namespace s3source
