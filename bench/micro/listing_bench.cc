// What a sync pays for each key, even when there is nothing new. Labels name the unit of
// the items.

#include <arrow/result.h>
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/table_name.h"
#include "cursor/table_cursor.h"
#include "store/list_xml.h"
#include "store/object.h"

namespace {

using s3source::Object;

constexpr int64_t kPage = 1000;
constexpr int64_t kMillion = 1'000'000;
constexpr uint32_t kSeed = 20261101;
constexpr s3source::Timestamp kStart{std::chrono::seconds(1'793'534'400)};
constexpr std::chrono::seconds kSpan{kMillion};  ///< that the objects appeared in

/// As a partitioned lake has them: 100 objects in a directory.
std::string Key(int64_t i) {
  char key[96];
  std::snprintf(key, sizeof(key),
                "lake/events/year=2026/month=%02d/day=%05d/part-%03d.parquet",
                static_cast<int>(i / 10000 % 12 + 1), static_cast<int>(i / 100),
                static_cast<int>(i % 100));
  return key;
}

std::vector<Object> Objects(int64_t count) {
  std::mt19937 random(kSeed);
  std::vector<Object> objects;
  objects.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    objects.push_back(
        {.key = Key(i),
         .etag = "\"55f3fbced301de1450928493923f7701\"",
         .size_bytes = static_cast<int64_t>(random() % 100'000'000),
         .last_modified = kStart + std::chrono::seconds(random() % kSpan.count()),
         .storage_class = "STANDARD"});
  }
  return objects;
}

/// The answer of S3 to ListObjectsV2.
std::string PageXml() {
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>lake</Name><Prefix></"
      "Prefix>"
      "<KeyCount>1000</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>"
      "<IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgve"
      "</NextContinuationToken>";
  for (const Object& object : Objects(kPage)) {
    xml += "<Contents><Key>" + object.key +
           "</Key><LastModified>2026-11-01T12:00:00.000Z</LastModified>"
           "<ETag>&quot;55f3fbced301de1450928493923f7701&quot;</ETag><Size>" +
           std::to_string(object.size_bytes) +
           "</Size><StorageClass>STANDARD</StorageClass></Contents>";
  }
  return xml + "</ListBucketResult>";
}

void ParsePage(benchmark::State& state) {
  const std::string xml = PageXml();
  if (s3source::ParseListPage(xml).ValueOrDie().objects.size() != kPage) {
    state.SkipWithError("a page lost keys");
  }
  for (auto _ : state) benchmark::DoNotOptimize(s3source::ParseListPage(xml));
  state.SetItemsProcessed(state.iterations() * kPage);
  state.SetLabel("key");
}
BENCHMARK(ParsePage)->Name("parse a listing page of 1,000 keys");

void NameTables(benchmark::State& state) {
  const std::vector<Object> objects = Objects(kPage);
  for (auto _ : state) {
    for (const Object& object : objects) {
      benchmark::DoNotOptimize(s3source::TableName(object.key));
    }
  }
  state.SetItemsProcessed(state.iterations() * kPage);
  state.SetLabel("key");
}
BENCHMARK(NameTables)->Name("name the table of a key");

void GroupPages(benchmark::State& state) {
  const std::vector<Object> page = Objects(kPage);
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Object> copy = page;
    s3source::Catalog catalog;
    state.ResumeTiming();
    catalog.Add(std::move(copy));
    benchmark::DoNotOptimize(catalog.tables());
  }
  state.SetItemsProcessed(state.iterations() * kPage);
  state.SetLabel("key");
}
BENCHMARK(GroupPages)->Name("group a page of 1,000 keys into tables");

/// A cursor after a sync that delivered the first `delivered` of `objects`, as the next
/// sync reads it from the state.
arrow::Result<s3source::TableCursor> CursorAfter(const std::vector<Object>& objects,
                                                 int64_t delivered) {
  const std::vector<Object> first(objects.begin(), objects.begin() + delivered);
  ARROW_ASSIGN_OR_RAISE(auto cursor, s3source::TableCursor::Decode({}, {}));
  for (const Object& object : first) cursor.Record(object);
  ARROW_ASSIGN_OR_RAISE(auto update, cursor.Encode(first, kStart + kSpan));
  if (!update) return arrow::Status::Invalid("nothing to store");
  return s3source::TableCursor::Decode(
      {{"plain", update->plain}, {{"delivered", update->delivered}}}, {});
}

/// All but the first `delivered` of a million objects came after the sync before.
void PlanMillion(benchmark::State& state, int64_t delivered) {
  std::vector<Object> objects = Objects(kMillion);
  for (int64_t i = delivered; i < kMillion; ++i)
    objects[static_cast<size_t>(i)].last_modified = kStart + kSpan;
  const auto cursor = CursorAfter(objects, delivered);
  if (!cursor.ok() || static_cast<int64_t>(cursor->Plan(objects).objects.size()) !=
                          kMillion - delivered) {
    state.SkipWithError("not what is new was planned");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(cursor->Plan(objects));
  state.SetItemsProcessed(state.iterations() * kMillion);
  state.SetLabel("object");
}
BENCHMARK_CAPTURE(PlanMillion, none, kMillion)
    ->Name("plan a million objects, nothing new")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(PlanMillion, hundredth, kMillion / 100 * 99)
    ->Name("plan a million objects, one in a hundred new")
    ->Unit(benchmark::kMillisecond);

}  // namespace
