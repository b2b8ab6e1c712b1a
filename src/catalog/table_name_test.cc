#include "catalog/table_name.h"

#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>

namespace s3source {
namespace {

TEST(TableName, IsTheGoPlugins) {
  std::ifstream file(CQS3_GOLDEN_DIR "/naming_vectors.json");
  const auto cases = nlohmann::json::parse(file, nullptr, false);
  ASSERT_TRUE(cases.is_array() && !cases.empty());
  for (const auto& c : cases) {
    const std::string key = c["Key"];
    EXPECT_EQ(TableName(key), c["Table"].get<std::string>()) << key;
  }
}

TEST(TableName, ResolvesDotsAsGosPathPackageDoes) {
  struct Case {
    std::string_view key, table;
  };
  for (const auto& [key, table] : {
           Case{"a/b/../../f.parquet", "f"},
           Case{"a/b/../../../f.parquet", ""},
           Case{"../../f.parquet", ""},
           Case{"../../a/f.parquet", "a"},
           Case{"/../a/f.parquet", "a"},
           Case{"/../f.parquet", ""},
           Case{"/./f.parquet", ""},
           Case{"./../f.parquet", ""},
           Case{".//f.x.parquet", "f_x"},
           Case{"a/.../f.parquet", "a"},
           Case{"a/..b/f.parquet", "a_b"},
           Case{"../a/../f.parquet", ""},
           Case{"f..parquet", "f"},
       }) {
    EXPECT_EQ(TableName(key), table) << key;
  }
}

TEST(TableName, BytesThatAreNoUtf8SeparateWords) {
  EXPECT_EQ(TableName("a\xff\xfe"
                      "b\xc3/f.parquet"),
            "a_b");
  EXPECT_EQ(TableName(std::string_view("a\0b/f.parquet", 13)), "a_b");
}

TEST(TableOrigin, IsTheDirectoryOrAtTheRootTheKey) {
  struct Case {
    std::string_view key, origin;
  };
  for (const auto& [key, origin] : {
           Case{"data/2024/a.parquet", "data/2024/"},
           Case{"data//a.parquet", "data//"},
           Case{"a.parquet", "a.parquet"},
           Case{"./a.parquet", "./a.parquet"},
           Case{"a/../b.parquet", "a/../b.parquet"},
           Case{"/a.parquet", "/"},
           Case{"../a.parquet", "../"},
           Case{"", ""},
       }) {
    EXPECT_EQ(TableOrigin(key), origin) << key;
  }
}

bool IsTrimmedWords(std::string_view name) {
  bool after_underscore = true;
  for (const char c : name) {
    const bool is_word = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (!is_word && (c != '_' || after_underscore)) return false;
    after_underscore = !is_word;
  }
  return name.empty() || !after_underscore;
}

TEST(TableName, AnyKeyGivesWordsAndKeysOfOneOriginShareThem) {
  std::mt19937 random(3);
  const std::string_view alphabet = "/././..-_aB9 \xc3\xa9\xff";
  for (int i = 0; i < 100'000; ++i) {
    std::string key;
    for (unsigned length = random() % 24; length > 0; --length) {
      key += random() % 8 == 0 ? static_cast<char>(random())
                               : alphabet[random() % alphabet.size()];
    }
    const std::string name = TableName(key);
    ASSERT_TRUE(IsTrimmedWords(name)) << key << " -> " << name;
    const std::string origin(TableOrigin(key));
    ASSERT_TRUE(key.starts_with(origin)) << key;
    if (origin != key) {
      ASSERT_EQ(TableName(origin + "other.parquet"), name) << key;
    }
  }
}

}  // namespace
}  // namespace s3source
