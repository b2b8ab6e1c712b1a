#include "read/text_builder.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "read/object_pool.h"

namespace s3source::testing {
namespace {

using cq::testing::StatusIs;
using parquet::ByteArray;
using ::testing::HasSubstr;

using Row = std::optional<std::string>;

/// Values as a decoder holds them: one after the other, or each in memory of its own,
/// which is exactly as large, so that a sanitizer sees every byte that is read too much.
class Values {
 public:
  Values(const std::vector<std::string>& values, bool adjacent) {
    if (adjacent) {
      std::string all;
      for (const std::string& value : values) all += value;
      const uint8_t* at = Keep(all);
      for (const std::string& value : values) {
        arrays_.emplace_back(static_cast<uint32_t>(value.size()), at);
        at += value.size();
      }
      return;
    }
    for (const std::string& value : values) {
      arrays_.emplace_back(static_cast<uint32_t>(value.size()), Keep(value));
    }
  }

  std::span<const ByteArray> arrays() const { return arrays_; }

 private:
  const uint8_t* Keep(const std::string& bytes) {
    memory_.push_back(std::make_unique<uint8_t[]>(bytes.size()));
    std::copy(bytes.begin(), bytes.end(), memory_.back().get());
    return memory_.back().get();
  }

  std::vector<std::unique_ptr<uint8_t[]>> memory_;
  std::vector<ByteArray> arrays_;
};

TextBuilder MakeBuilder(int64_t rows,
                        arrow::MemoryPool* pool = arrow::default_memory_pool()) {
  return TextBuilder::Make(rows, pool).ValueOrDie();
}

std::shared_ptr<arrow::Array> Reference(const std::vector<Row>& rows, bool text) {
  arrow::StringBuilder strings;
  arrow::BinaryBuilder bytes;
  arrow::BaseBinaryBuilder<arrow::BinaryType>& builder = text ? strings : bytes;
  for (const Row& row : rows) {
    EXPECT_OK(row.has_value() ? builder.Append(*row) : builder.AppendNull());
  }
  return builder.Finish().ValueOrDie();
}

/// Of two bytes each, so that a cut in the middle is not UTF-8.
std::string RandomText(std::mt19937* random) {
  std::string text;
  const size_t most = (*random)() % 4 == 0 ? 40 : 9;
  for (size_t size = (*random)() % most; size > 0; --size) {
    text += (*random)() % 3 == 0 ? "\xc3\xa9" : "x";
  }
  return text;
}

/// Appends up to `most` random rows, as one page would, to both.
void AppendPage(size_t most, std::mt19937* random, TextBuilder* builder,
                std::vector<Row>* rows) {
  std::vector<std::string> dictionary(1 + (*random)() % 20);
  for (std::string& value : dictionary) value = RandomText(random);
  const uint32_t nulls_of_10 = (*random)() % 2 == 0 ? 0 : (*random)() % 11;
  std::vector<int16_t> levels;
  std::vector<int32_t> indices;
  std::vector<std::string> values;
  for (size_t count = (*random)() % (most + 1); count > 0; --count) {
    levels.push_back((*random)() % 10 < nulls_of_10 ? 0 : 1);
    if (levels.back() == 0) {
      rows->push_back(std::nullopt);
      continue;
    }
    indices.push_back(static_cast<int32_t>((*random)() % dictionary.size()));
    values.push_back(dictionary[indices.back()]);
    rows->push_back(values.back());
  }
  if (nulls_of_10 == 0 && (*random)() % 2 == 0) levels.clear();
  const bool adjacent = (*random)() % 2 == 0;
  if ((*random)() % 2 == 0) {
    const Values held(dictionary, adjacent);
    ASSERT_OK(builder->AppendIndices(levels, indices, TextDictionary(held.arrays())));
  } else {
    const Values held(values, adjacent);
    ASSERT_OK(builder->AppendValues(levels, held.arrays()));
  }
}

TEST(TextBuilder, GivesWhatTheRowsHoldHoweverPagesHoldThem) {
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    SCOPED_TRACE(round);
    const size_t capacity = random() % 200;
    TextBuilder builder = MakeBuilder(static_cast<int64_t>(capacity));
    std::vector<Row> rows;
    for (int pages = 0; pages < 4; ++pages) {
      AppendPage((capacity - rows.size()) / 2, &random, &builder, &rows);
      if (HasFatalFailure()) return;
      EXPECT_EQ(builder.rows(), static_cast<int64_t>(rows.size()));
    }
    const bool text = random() % 2 == 0;
    ASSERT_OK_AND_ASSIGN(const auto array,
                         builder.Finish(text ? arrow::utf8() : arrow::binary()));
    ASSERT_OK(array->ValidateFull());
    const auto expected = Reference(rows, text);
    ASSERT_TRUE(array->Equals(*expected))
        << array->ToString() << " is not " << expected->ToString();
    EXPECT_EQ(array->null_count(), expected->null_count());
  }
}

TEST(TextBuilder, RefusesIndicesOutsideOfTheDictionary) {
  const Values three({"a", "b", "c"}, true);
  const Values none({}, true);
  for (const Values* values : {&three, &none}) {
    const TextDictionary dictionary(values->arrays());
    const auto size = static_cast<int32_t>(values->arrays().size());
    for (const int32_t index : {size, size + 1, -1, std::numeric_limits<int32_t>::min(),
                                std::numeric_limits<int32_t>::max()}) {
      SCOPED_TRACE(index);
      TextBuilder builder = MakeBuilder(4);
      const std::vector<int32_t> indices = {0, index, 0};
      const std::vector<int32_t> only = {index};
      EXPECT_THAT(builder.AppendIndices({}, size > 0 ? indices : only, dictionary),
                  StatusIs(arrow::StatusCode::Invalid, HasSubstr("into a dictionary")));
    }
  }
}

TEST(TextBuilder, RefusesOtherNumbersOfValuesThanItsLevelsAnnounce) {
  const Values values({"a", "b"}, true);
  const TextDictionary dictionary(values.arrays());
  const std::vector<int32_t> indices = {0, 1};
  for (const std::vector<int16_t>& levels :
       {std::vector<int16_t>{1}, {1, 1, 1}, {0, 0}, {1, 0}}) {
    SCOPED_TRACE(levels.size());
    TextBuilder builder = MakeBuilder(4);
    EXPECT_THAT(builder.AppendIndices(levels, indices, dictionary),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr("announces")));
    EXPECT_THAT(builder.AppendValues(levels, values.arrays()),
                StatusIs(arrow::StatusCode::Invalid, HasSubstr("announces")));
  }
  TextBuilder builder = MakeBuilder(1);
  EXPECT_THAT(builder.AppendIndices({}, indices, dictionary),
              StatusIs(arrow::StatusCode::Invalid, HasSubstr("too many rows")));
}

TEST(TextBuilder, LooksAtTheTextOfRowsAndNotOfUnusedValues) {
  const Values values({"fine", "\xff", "\xc3", "\xa9"}, true);
  const TextDictionary dictionary(values.arrays());
  EXPECT_FALSE(dictionary.is_utf8());
  struct {
    std::vector<int32_t> rows;
    bool is_utf8;
  } const cases[] = {{{0, 0}, true}, {{0, 1}, false}, {{2, 3}, false}, {{}, true}};
  for (const auto& c : cases) {
    SCOPED_TRACE(::testing::PrintToString(c.rows));
    std::vector<ByteArray> rows;
    for (const int32_t index : c.rows) rows.push_back(values.arrays()[index]);
    for (const bool by_index : {true, false}) {
      for (const auto& type : {arrow::utf8(), arrow::binary()}) {
        TextBuilder builder = MakeBuilder(2);
        ASSERT_OK(by_index ? builder.AppendIndices({}, c.rows, dictionary)
                           : builder.AppendValues({}, rows));
        EXPECT_EQ(builder.Finish(type).ok(), c.is_utf8 || type->Equals(*arrow::binary()));
      }
    }
  }
}

TEST(TextBuilder, AllocatesNothingForMoreThan32BitOffsetsReach) {
  const Values values({std::string(1 << 20, 'x')}, true);
  const TextDictionary dictionary(values.arrays());
  const auto pool =
      std::make_shared<ObjectPool>(arrow::default_memory_pool(), int64_t{64} << 20);
  const std::vector<int32_t> much(100, 0);
  const std::vector<int32_t> too_much(2048, 0);
  TextBuilder builder = MakeBuilder(4096, pool.get());
  const int64_t before = pool->total_bytes_allocated();
  EXPECT_THAT(builder.AppendIndices({}, too_much, dictionary),
              StatusIs(arrow::StatusCode::CapacityError, HasSubstr("2 GiB")));
  EXPECT_EQ(pool->total_bytes_allocated(), before);
  EXPECT_THAT(builder.AppendIndices({}, much, dictionary),
              StatusIs(arrow::StatusCode::OutOfMemory, HasSubstr("limit of 64 MiB")));
}

}  // namespace
}  // namespace s3source::testing
