#include "read/decoded_array.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "read/mapping_cases.h"

namespace s3source::testing {
namespace {

TEST(DecodedArrays, CountAllTheirBuffersAtLeast) {
  for (const MappingCase& c : MappingCases()) {
    SCOPED_TRACE(c.name);
    ASSERT_OK_AND_ASSIGN(const int64_t referenced,
                         arrow::util::ReferencedBufferSize(*c.source));
    EXPECT_GE(BufferBytes(*c.source->data()), referenced);
    EXPECT_LE(BufferBytes(*c.source->data()),
              arrow::util::TotalBufferSize(*c.source) * 2);
  }
}

TEST(DecodedArrays, AreRefusedWhenAFileCanHaveBrokenThem) {
  // 1 byte that is no text; no time of a day; a day and a bit; 3 digits where 2 may be;
  // offsets that run backwards.
  const std::vector<int64_t> words = {-1, -1};
  const auto bits = arrow::Buffer::Wrap(words);
  const std::vector<int32_t> one_value = {0, 1};
  const std::vector<int32_t> backwards = {1, 0};
  const auto array = [](const std::shared_ptr<arrow::DataType>& type,
                        std::vector<std::shared_ptr<arrow::Buffer>> buffers) {
    return arrow::MakeArray(arrow::ArrayData::Make(type, 1, std::move(buffers), 0));
  };
  for (const auto& type : {arrow::time32(arrow::TimeUnit::SECOND),
                           arrow::time64(arrow::TimeUnit::MICRO), arrow::date64()}) {
    SCOPED_TRACE(type->ToString());
    EXPECT_FALSE(CheckDecoded(*array(type, {nullptr, bits})).ok());
  }
  const std::vector<int64_t> hundred = {100, 0};
  EXPECT_FALSE(CheckDecoded(*array(arrow::decimal128(2, 0),
                                   {nullptr, arrow::Buffer::Wrap(hundred)}))
                   .ok());
  for (const auto& offsets : {one_value, backwards}) {
    EXPECT_FALSE(
        CheckDecoded(*array(arrow::utf8(), {nullptr, arrow::Buffer::Wrap(offsets), bits}))
            .ok());
  }
  // The library builds no such thing, but a buffer too short is seen even so.
  EXPECT_FALSE(CheckDecoded(*array(arrow::fixed_size_binary(17), {nullptr, bits})).ok());
  for (const auto& type : {arrow::int64(), arrow::float64(), arrow::boolean(),
                           arrow::timestamp(arrow::TimeUnit::NANO)}) {
    EXPECT_OK(CheckDecoded(*array(type, {nullptr, bits})));
  }
}

/// A list for each of `ends`, of texts that end at `text_ends` of `bytes`.
std::shared_ptr<arrow::Array> Lists(const std::vector<int32_t>& ends,
                                    const std::vector<int32_t>& text_ends,
                                    const std::string& bytes) {
  const auto texts = arrow::ArrayData::Make(
      arrow::utf8(), static_cast<int64_t>(text_ends.size()) - 1,
      {nullptr, arrow::Buffer::FromVector(text_ends), arrow::Buffer::FromString(bytes)},
      0);
  return arrow::MakeArray(arrow::ArrayData::Make(
      arrow::list(arrow::utf8()), static_cast<int64_t>(ends.size()) - 1,
      {nullptr, arrow::Buffer::FromVector(ends)}, {texts}, 0));
}

TEST(DecodedArrays, OfListsOfTextAreRefusedWhereTheyAreBroken) {
  EXPECT_OK(CheckDecoded(*Lists({0, 1, 2}, {0, 3, 5}, "abcde")));
  EXPECT_OK(CheckDecoded(*Lists({0, 1, 2}, {0, 2, 5}, "\u00e9cde")));
  EXPECT_OK(CheckDecoded(*Lists({0, 0}, {0}, "")));
  EXPECT_FALSE(CheckDecoded(*Lists({0, 1, 2}, {0, 1, 5}, "\u00e9cde")).ok())
      << "a character over two texts";
  EXPECT_FALSE(CheckDecoded(*Lists({0, 1, 2}, {0, 3, 5},
                                   "abc\xff"
                                   "e"))
                   .ok());
  EXPECT_FALSE(CheckDecoded(*Lists({0, 2, 1}, {0, 3, 5}, "abcde")).ok());
  EXPECT_FALSE(CheckDecoded(*Lists({0, 1, 3}, {0, 3, 5}, "abcde")).ok());
  EXPECT_FALSE(CheckDecoded(*Lists({0, 1, 2}, {0, 5, 3}, "abcde")).ok());
  EXPECT_FALSE(CheckDecoded(*Lists({0, 1, 2}, {0, 3, 6}, "abcde")).ok());
}

}  // namespace
}  // namespace s3source::testing
