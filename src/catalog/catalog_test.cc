#include "catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace s3source {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<Object> Page(const std::vector<std::string>& keys, int64_t size_bytes = 10) {
  std::vector<Object> page;
  for (const auto& key : keys) {
    Object object;
    object.key = key;
    object.size_bytes = size_bytes;
    page.push_back(std::move(object));
  }
  return page;
}

Catalog Of(const std::vector<std::string>& keys) {
  Catalog catalog;
  catalog.Add(Page(keys));
  catalog.Finish();
  return catalog;
}

/// "table: key key" for each table.
std::vector<std::string> Shape(const Catalog& catalog) {
  std::vector<std::string> lines;
  for (const auto& table : catalog.tables()) {
    std::string line = table.name + ":";
    for (const auto& object : table.objects) line += " " + object.key;
    lines.push_back(std::move(line));
  }
  return lines;
}

TEST(Catalog, GroupsKeysByTableInNameOrder) {
  EXPECT_THAT(Shape(Of({"data/2024/file_a.parquet", "data/2024/file_b.parquet",
                        "logs/access.parquet", "root_file.parquet"})),
              ElementsAre("data_2024: data/2024/file_a.parquet data/2024/file_b.parquet",
                          "logs: logs/access.parquet", "root_file: root_file.parquet"));
  EXPECT_THAT(
      Shape(Of({"data/region/us-east/file1.parquet", "data/region/us-east/file2.parquet",
                "data/region/eu-west/file1.parquet"})),
      ElementsAre("data_region_eu_west: data/region/eu-west/file1.parquet",
                  "data_region_us_east: data/region/us-east/file1.parquet "
                  "data/region/us-east/file2.parquet"));
}

TEST(Catalog, NamesAreOrderedBytewise) {
  EXPECT_THAT(
      Shape(Of({"b.parquet", "a.parquet", "Z.parquet", "a_b.parquet", "a0.parquet"})),
      ElementsAre("Z: Z.parquet", "a: a.parquet", "a0: a0.parquet", "a_b: a_b.parquet",
                  "b: b.parquet"));
}

TEST(Catalog, PagesAddUp) {
  Catalog catalog;
  catalog.Add(Page({"m/1.parquet", "z/1.parquet"}));
  catalog.Add(Page({"a/1.parquet", "m/2.parquet"}));
  catalog.Add({});
  catalog.Add(Page({"m/0.parquet", "n/1.parquet"}));
  EXPECT_EQ(catalog.tables().front().name, "m") << "in order of appearance";
  catalog.Finish();
  EXPECT_THAT(Shape(catalog),
              ElementsAre("a: a/1.parquet", "m: m/0.parquet m/1.parquet m/2.parquet",
                          "n: n/1.parquet", "z: z/1.parquet"));
  EXPECT_EQ(catalog.listed_keys(), 6);
  for (const auto& table : catalog.tables()) EXPECT_THAT(table.prefixes, SizeIs(1));
}

TEST(Catalog, HowAListingIsCutIntoPagesAndTheirOrderChangeNothing) {
  std::mt19937 random(4);
  std::vector<std::string> keys;
  for (int i = 0; i < 400; ++i) {
    std::string key;
    for (unsigned length = 1 + random() % 6; length > 0; --length) {
      key += "ab-_/Z"[random() % 6];
    }
    keys.push_back(key + std::to_string(i) + ".parquet");
  }
  const Catalog whole = Of(keys);
  std::shuffle(keys.begin(), keys.end(), random);
  Catalog paged;
  for (size_t begin = 0; begin < keys.size();) {
    const size_t end = std::min(keys.size(), begin + random() % 20);
    paged.Add(Page({keys.begin() + static_cast<std::ptrdiff_t>(begin),
                    keys.begin() + static_cast<std::ptrdiff_t>(end)}));
    begin = end;
  }
  paged.Finish();
  EXPECT_EQ(Shape(paged), Shape(whole));
  EXPECT_EQ(paged.Collisions(), whole.Collisions());
  EXPECT_EQ(paged.unnamed_keys(), whole.unnamed_keys());
  EXPECT_FALSE(whole.Collisions().empty());
  EXPECT_FALSE(whole.unnamed_keys().empty());
  for (size_t i = 1; i < whole.tables().size(); ++i) {
    EXPECT_LT(whole.tables()[i - 1].name, whole.tables()[i].name);
  }
}

TEST(Catalog, OfAKeyThatIsListedTwiceTheLastOneStays) {
  Catalog catalog;
  catalog.Add(Page({"t/a.parquet", "t/a.parquet", "t/b.parquet", "u/a.parquet"}, 1));
  catalog.Add(Page({"t/b.parquet", "t/c.parquet"}, 2));
  catalog.Add(Page({"t/b.parquet"}, 3));
  catalog.Finish();
  EXPECT_THAT(Shape(catalog),
              ElementsAre("t: t/a.parquet t/b.parquet t/c.parquet", "u: u/a.parquet"));
  EXPECT_EQ(catalog.tables()[0].objects[1].size_bytes, 3);
  EXPECT_EQ(catalog.repeated_keys(), 3);
  EXPECT_EQ(catalog.listed_keys(), 7);
}

TEST(Catalog, ObjectsKeepWhatTheListingSaid) {
  Object object;
  object.key = "data/a.parquet";
  object.etag = "\"abc\"";
  object.size_bytes = 7;
  object.last_modified = Timestamp(std::chrono::seconds(1'700'000'000));
  object.storage_class = "GLACIER";
  Catalog catalog;
  catalog.Add({object});
  ASSERT_THAT(catalog.tables(), SizeIs(1));
  const Object& kept = catalog.tables()[0].objects.at(0);
  EXPECT_EQ(kept.key, object.key);
  EXPECT_EQ(kept.etag, object.etag);
  EXPECT_EQ(kept.size_bytes, object.size_bytes);
  EXPECT_EQ(kept.last_modified, object.last_modified);
  EXPECT_EQ(kept.storage_class, object.storage_class);
}

TEST(Catalog, TakesParquetInAnyCaseAndOnlyCountsTheRest) {
  const Catalog catalog = Of({"d/A.PARQUET", "d/b.Parquet", "d/c.parquet.gz", "d/d.csv",
                              "d/parquet", "_SUCCESS", "d/e.parque", ".parquet/x"});
  EXPECT_THAT(Shape(catalog), ElementsAre("d: d/A.PARQUET d/b.Parquet"));
  EXPECT_EQ(catalog.listed_keys(), 8);
  EXPECT_THAT(catalog.unnamed_keys(), IsEmpty());
}

TEST(Catalog, IgnoresFolderMarkersButNotEmptyFiles) {
  Catalog catalog;
  catalog.Add(Page({"data/", "data/2024/", "x.parquet/", "data/empty.parquet"}, 0));
  EXPECT_THAT(Shape(catalog), ElementsAre("data: data/empty.parquet"));
  EXPECT_EQ(catalog.listed_keys(), 1);
  catalog.Add(Page({"not-empty/"}, 5));
  EXPECT_EQ(catalog.listed_keys(), 2);
}

TEST(Catalog, KeysWithoutATableNameAreKept) {
  const Catalog catalog =
      Of({"/file.parquet", "日本/f.parquet", "a/b.parquet", ".parquet"});
  EXPECT_THAT(catalog.unnamed_keys(),
              ElementsAre(".parquet", "/file.parquet", "日本/f.parquet"));
  EXPECT_THAT(Shape(catalog), ElementsAre("a: a/b.parquet"));
  EXPECT_EQ(catalog.listed_keys(), 4);
}

TEST(Catalog, PrefixesThatFallOnOneNameAreNamed) {
  const Catalog catalog = Of({"a/b/1.parquet", "a_b/1.parquet", "a_b/2.parquet",
                              "a/b/2.parquet", "c/1.parquet", "c/2.parquet"});
  ASSERT_THAT(catalog.tables(), SizeIs(2));
  EXPECT_THAT(catalog.tables()[0].prefixes, ElementsAre("a/b/", "a_b/"));
  EXPECT_THAT(catalog.tables()[0].objects, SizeIs(4));
  EXPECT_THAT(catalog.Collisions(), ElementsAre(AllOf(HasSubstr("table \"a_b\""),
                                                      HasSubstr("\"a/b/\", \"a_b/\""),
                                                      HasSubstr("path_prefix"))));
}

TEST(Catalog, RootFilesAndDirectoriesCollideToo) {
  EXPECT_THAT(Of({"a-b.parquet", "a_b.parquet"}).Collisions(),
              ElementsAre(HasSubstr("\"a-b.parquet\", \"a_b.parquet\"")));
  EXPECT_THAT(Of({"data/1.parquet", "data.parquet"}).Collisions(),
              ElementsAre(HasSubstr("\"data.parquet\", \"data/\"")));
  EXPECT_THAT(Of({"./a-b.parquet", "./a_b.parquet"}).Collisions(), SizeIs(1));
  EXPECT_THAT(Of({"a.parquet", "b.parquet", "c/1.parquet"}).Collisions(), IsEmpty());
}

TEST(Catalog, ACollisionOfManyIsToldInFewWords) {
  std::vector<std::string> keys;
  for (int i = 1; i <= 100; ++i) {
    keys.push_back("a" + std::string(static_cast<size_t>(i), '-') + "b\n/1.parquet");
  }
  EXPECT_THAT(Of(keys).Collisions(),
              ElementsAre(AllOf(HasSubstr("100 prefixes"), HasSubstr("--b\\n/\""),
                                HasSubstr("and 95 more"), Not(HasSubstr("\n")))));
}

}  // namespace
}  // namespace s3source
