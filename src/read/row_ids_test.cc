#include "read/row_ids.h"

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/string.h>
#include <gtest/gtest.h>

#include <cctype>
#include <string>

#include "cloudquery/schema/extension_types.h"
#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

Object Named(std::string key, std::string etag) {
  Object object;
  object.key = std::move(key);
  object.etag = std::move(etag);
  return object;
}

std::string HexId(const arrow::Array& ids, int64_t i) {
  const auto& storage = *static_cast<const arrow::ExtensionArray&>(ids).storage();
  return arrow::HexEncode(
      static_cast<const arrow::FixedSizeBinaryArray&>(storage).GetView(i));
}

struct Vector {
  std::string bucket, key, etag;
  int64_t row;
  const char* id;
};

// Made with Python's xxhash package:
//   u = lambda n: struct.pack('<Q', n)
//   version = xxh3_128(b''.join(u(len(p)) + p for p in (bucket, key, etag))).digest()
//   id = bytearray(xxh3_128(version + u(row)).digest())
//   id[6] = id[6] & 0x0f | 0x80; id[8] = id[8] & 0x3f | 0x80
TEST(RowIds, MatchIndependentVectors) {
  const std::string etag = "\"9b2cf535f27731c974343645a3985328\"";
  const std::string file = "data/2024/file.parquet";
  const Vector vectors[] = {
      {"bucket", file, etag, 0, "bb42838de2db862595bdf4ef02b4c231"},
      {"bucket", file, etag, 1, "fe979e9f86238985adc311e0be1d4305"},
      {"bucket", file, etag, int64_t{1} << 33, "b77b7ae2923083dbbc17c69f88ab804e"},
      {"b", "größe/\x01.parquet", "\"e-2\"", 0, "f6bda32302348efab2073a7d3b32f2ad"},
      {"b", "größe/\x01.parquet", "\"e-2\"", 65535, "4f85893baf6e8147ac95cd59b2b334b9"},
      {"b", std::string(300, 'k'), "\"e\"", 7, "91f4b0d45e4486d497551b132dca2cf5"},
      {"", "", "", 0, "b48013b801f2889cb95076b7111b100d"},
      // What is bucket and what is key is part of the id.
      {"ab", "c", "\"e\"", 0, "02982b6477038860a09c59b0ff1de53f"},
      {"a", "bc", "\"e\"", 0, "a1306dbbeccb8a76a1ffeb27391ecc01"},
  };
  for (const Vector& v : vectors) {
    SCOPED_TRACE(v.id);
    ASSERT_OK_AND_ASSIGN(auto ids, RowIds(v.bucket, Named(v.key, v.etag)).Make(v.row, 1));
    std::string expected = v.id;
    for (char& c : expected) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(HexId(*ids, 0), expected);
  }
}

TEST(RowIds, DoNotDependOnHowRowsAreCut) {
  const RowIds row_ids("bucket", Named("key", "\"e\""));
  ASSERT_OK_AND_ASSIGN(auto all, row_ids.Make(0, 100));
  ASSERT_OK_AND_ASSIGN(auto part, row_ids.Make(40, 25));
  EXPECT_TRUE(all->Slice(40, 25)->Equals(*part));
}

TEST(RowIds, AreACloudQueryUuidColumnWithoutNulls) {
  ASSERT_OK_AND_ASSIGN(auto ids, RowIds("bucket", Named("key", "\"e\"")).Make(5, 3));
  ASSERT_OK(ids->ValidateFull());
  EXPECT_TRUE(ids->type()->Equals(*cq::Uuid()));
  EXPECT_EQ(ids->length(), 3);
  EXPECT_EQ(ids->null_count(), 0);
}

TEST(RowIds, OfNoRowsAreEmpty) {
  ASSERT_OK_AND_ASSIGN(auto ids, RowIds("bucket", Named("key", "\"e\"")).Make(5, 0));
  EXPECT_EQ(ids->length(), 0);
}

}  // namespace
}  // namespace s3source
