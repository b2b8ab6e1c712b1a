// The laws of ObjectStore, for every store there is.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "store/fault.h"
#include "store/limited_store.h"
#include "store/memory_store.h"
#include "store/object_store.h"
#include "store/testing/bucket.h"
#include "store/testing/local_s3_server.h"

namespace s3source {
namespace {

using ::cq::testing::IsOk;
using testing::Bucket;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

struct Kind {
  const char* name;
  std::function<std::unique_ptr<Bucket>()> make;
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class StoreSuite : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    bucket_ = GetParam().make();
    if (bucket_ == nullptr)
      GTEST_SKIP() << "no local S3 server; run scripts/bootstrap demo";
  }

  ObjectStore& store() { return bucket_->store(); }
  void Put(const std::string& key, const std::string& bytes) { bucket_->Put(key, bytes); }
  void Delete(const std::string& key) { bucket_->Delete(key); }

  std::vector<Object> List(const std::string& prefix = "") {
    std::vector<Object> all;
    EXPECT_THAT(store().List(prefix, {},
                             [&](std::vector<Object> page) {
                               EXPECT_LE(page.size(), 1000u);
                               all.insert(all.end(), page.begin(), page.end());
                               return arrow::Status::OK();
                             }),
                IsOk());
    return all;
  }

  std::vector<std::string> Keys(const std::string& prefix = "") {
    std::vector<std::string> keys;
    for (const auto& object : List(prefix)) keys.push_back(object.key);
    return keys;
  }

  Object Find(const std::string& key) {
    for (auto& object : List(key)) {
      if (object.key == key) return object;
    }
    ADD_FAILURE() << "not listed: " << key;
    return {};
  }

  arrow::Result<std::string> Read(const Object& object, ByteRange range,
                                  std::stop_token stop = {}) {
    const auto future = store().Read(object, range, std::move(stop));
    ARROW_ASSIGN_OR_RAISE(const auto buffer, future.result());
    return buffer->ToString();
  }

  std::unique_ptr<Bucket> bucket_;
};

TEST_P(StoreSuite, AnEmptyBucketListsNothing) { EXPECT_THAT(List(), SizeIs(0)); }

TEST_P(StoreSuite, ListsEveryKeyOnceAndTheFirstOnesFirst) {
  std::vector<std::string> expected;
  for (int i = 0; i < 2300; ++i) expected.push_back(fmt::format("many/{:05d}", i));
  for (auto key = expected.rbegin(); key != expected.rend(); ++key) Put(*key, "");

  std::vector<std::string> keys;
  ASSERT_OK(store().List("many/", {}, [&](const std::vector<Object>& page) {
    EXPECT_LE(page.size(), 1000U);
    EXPECT_GT(page.size(), 0U);
    for (const auto& object : page) keys.push_back(object.key);
    return arrow::Status::OK();
  }));
  ASSERT_EQ(keys.size(), 2300U);
  EXPECT_TRUE(std::equal(keys.begin(), keys.begin() + 1000, expected.begin()));
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(keys, expected);
}

TEST_P(StoreSuite, ListsFoldersNumbersAndNamesOfAnyLanguageExactly) {
  std::vector<std::string> expected;
  for (int i = 0; i < 1500; ++i) {
    expected.push_back(fmt::format("a/part-{:05d}", i));
    expected.push_back(fmt::format("t{:02d}/x=é/{}", i % 60, i));
    // Kanji from U+4E00 on.
    const int character = 0x4E00 + i * 7;
    expected.push_back({'z', '+', '/', static_cast<char>(0xE0 | character >> 12),
                        static_cast<char>(0x80 | (character >> 6 & 0x3F)),
                        static_cast<char>(0x80 | (character & 0x3F))});
  }
  for (const auto& key : expected) Put(key, "");
  std::sort(expected.begin(), expected.end());
  auto keys = Keys();
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(keys, expected);
}

TEST_P(StoreSuite, TellsSizeETagAndTime) {
  Put("a", "12345");
  Put("b", "12345");
  Put("c", "54321");
  const auto objects = List();
  ASSERT_THAT(objects, SizeIs(3));
  EXPECT_EQ(objects[0].size_bytes, 5);
  EXPECT_EQ(objects[0].etag, objects[1].etag);
  EXPECT_NE(objects[0].etag, objects[2].etag);
  EXPECT_EQ(objects[0].etag.front(), '"');
  EXPECT_EQ(objects[0].etag.back(), '"');
}

TEST_P(StoreSuite, APrefixIsPlainBytes) {
  for (const auto* key : {"a/1", "a/2", "a+b/1", "ab", "b/a/1"}) Put(key, "x");
  EXPECT_THAT(Keys("a/"), ElementsAre("a/1", "a/2"));
  EXPECT_THAT(Keys("a"), ElementsAre("a+b/1", "a/1", "a/2", "ab"));
  EXPECT_THAT(Keys("a+b/"), ElementsAre("a+b/1"));
  EXPECT_THAT(Keys("nothing"), SizeIs(0));
}

TEST_P(StoreSuite, OddKeysAreBytesToBothListAndRead) {
  std::vector<std::string> keys = {
      "a b",   "a+b",      "a%b",   "a%20b",     "a&b=c",
      "a<b>",  "a\"b'c",   "a?b#c", "tab\there", "line\nbreak",
      "é/ü",   "日本語",   "😀",     "e\xCC\x81", "a;b:c@d,e$f!*()",
      "~-_.x", "{}[]|\\^`"};
  for (const auto& key : keys) Put(key, "bytes of " + key);
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(Keys(), keys);
  for (const auto& key : keys) {
    SCOPED_TRACE(key);
    const auto object = Find(key);
    ASSERT_OK_AND_ASSIGN(const auto bytes, Read(object, {0, object.size_bytes}));
    EXPECT_EQ(bytes, "bytes of " + key);
  }
}

TEST_P(StoreSuite, ReadsExactlyTheBytesAskedForAtEveryEdge) {
  std::string content;
  for (int i = 0; i < 1000; ++i) content += fmt::format("{:03d} ", i);
  Put("object", content);
  const auto object = Find("object");
  const int64_t size = object.size_bytes;
  const ByteRange ranges[] = {{0, size},     {0, 1}, {size - 1, 1}, {1, size - 1},
                              {0, size - 1}, {1, 1}, {17, 333},     {0, 0},
                              {size, 0},     {5, 0}};
  for (const auto range : ranges) {
    SCOPED_TRACE(fmt::format("{}+{}", range.offset, range.length));
    ASSERT_OK_AND_ASSIGN(const auto bytes, Read(object, range));
    EXPECT_EQ(bytes, content.substr(range.offset, range.length));
  }
}

TEST_P(StoreSuite, RefusesARangeOutsideOfTheObject) {
  Put("object", "0123456789");
  const auto object = Find("object");
  for (const auto range : {ByteRange{0, 11}, ByteRange{10, 1}, ByteRange{-1, 2},
                           ByteRange{2, -1}, ByteRange{1, INT64_MAX}}) {
    SCOPED_TRACE(fmt::format("{}+{}", range.offset, range.length));
    EXPECT_TRUE(Read(object, range).status().IsInvalid());
  }
}

TEST_P(StoreSuite, ReadsLargeObjectsInManyRangesAtOnce) {
  std::string content(9'000'017, '\0');
  for (size_t i = 0; i < content.size(); ++i)
    content[i] = static_cast<char>(i * 2654435761u >> 13);
  Put("large", content);
  const auto object = Find("large");
  std::vector<std::pair<ByteRange, arrow::Future<std::shared_ptr<arrow::Buffer>>>> reads;
  for (int64_t at = 0; at < object.size_bytes; at += 100'000) {
    const ByteRange range{at, std::min<int64_t>(100'000, object.size_bytes - at)};
    reads.emplace_back(range, store().Read(object, range, {}));
  }
  std::string joined;
  for (auto& [range, future] : reads) {
    ASSERT_OK_AND_ASSIGN(const auto buffer, future.result());
    ASSERT_EQ(buffer->size(), range.length);
    joined += buffer->ToString();
  }
  EXPECT_TRUE(joined == content);
  ASSERT_OK_AND_ASSIGN(const auto whole, Read(object, {0, object.size_bytes}));
  EXPECT_TRUE(whole == content);
}

TEST_P(StoreSuite, AnOverwrittenObjectIsChanged) {
  Put("dir/object", "first");
  const auto listed = Find("dir/object");
  Put("dir/object", "second, and longer");
  const auto status = Read(listed, {0, listed.size_bytes}).status();
  EXPECT_EQ(ReasonOf(status), FaultReason::kChanged) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("dir/object"));
  EXPECT_THAT(status.message(), HasSubstr("overwritten"));
}

TEST_P(StoreSuite, AnObjectOverwrittenByAShorterOneIsChanged) {
  Put("object", "0123456789");
  const auto listed = Find("object");
  Put("object", "01");
  const auto status = Read(listed, {5, 5}).status();
  EXPECT_EQ(ReasonOf(status), FaultReason::kChanged) << status.ToString();
}

TEST_P(StoreSuite, ADeletedObjectIsGone) {
  Put("dir/object", "x");
  const auto listed = Find("dir/object");
  Delete("dir/object");
  const auto status = Read(listed, {0, 1}).status();
  EXPECT_EQ(ReasonOf(status), FaultReason::kGone) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("dir/object"));
}

TEST_P(StoreSuite, AVisitorsErrorEndsTheListing) {
  for (int i = 0; i < 1500; ++i) Put(fmt::format("{:04d}", i), "");
  int pages = 0;
  const auto status = store().List("", {}, [&](const std::vector<Object>&) {
    ++pages;
    return arrow::Status::Invalid("enough");
  });
  EXPECT_EQ(pages, 1);
  EXPECT_TRUE(status.IsInvalid());
  EXPECT_EQ(status.message(), "enough");
}

TEST_P(StoreSuite, StopEndsAListingBetweenPages) {
  for (int i = 0; i < 1500; ++i) Put(fmt::format("{:04d}", i), "");
  std::stop_source stop;
  int pages = 0;
  const auto status = store().List("", stop.get_token(), [&](const std::vector<Object>&) {
    ++pages;
    stop.request_stop();
    return arrow::Status::OK();
  });
  EXPECT_EQ(pages, 1);
  EXPECT_TRUE(status.IsCancelled()) << status.ToString();
}

TEST_P(StoreSuite, AfterStopEverythingIsCancelled) {
  Put("object", "0123456789");
  const auto object = Find("object");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(Read(object, {0, 10}, stop.get_token()).status().IsCancelled());
  EXPECT_TRUE(store()
                  .List("", stop.get_token(),
                        [](const std::vector<Object>&) { return arrow::Status::OK(); })
                  .IsCancelled());
  EXPECT_THAT(Read(object, {0, 10}), IsOk()) << "a stop is of one call, not of the store";
}

TEST_P(StoreSuite, StopDuringReadsEndsEachWithItsBytesOrCancelled) {
  const std::string content(3'000'000, 'x');
  Put("object", content);
  const auto object = Find("object");
  for (int round = 0; round < 10; ++round) {
    std::stop_source stop;
    std::vector<arrow::Future<std::shared_ptr<arrow::Buffer>>> reads;
    for (int i = 0; i < 30; ++i) {
      reads.push_back(store().Read(object, {0, object.size_bytes}, stop.get_token()));
      if (i == round * 3) stop.request_stop();
    }
    for (auto& read : reads) {
      const auto& result = read.result();
      if (result.ok()) {
        EXPECT_EQ((*result)->size(), object.size_bytes);
      } else {
        EXPECT_TRUE(result.status().IsCancelled()) << result.status().ToString();
      }
    }
  }
}

TEST_P(StoreSuite, DestructionEndsReadsUnderWay) {
  Put("object", std::string(2'000'000, 'x'));
  const auto object = Find("object");
  std::vector<arrow::Future<std::shared_ptr<arrow::Buffer>>> reads;
  for (int i = 0; i < 20; ++i)
    reads.push_back(store().Read(object, {0, object.size_bytes}, {}));
  bucket_.reset();
  for (auto& read : reads) {
    ASSERT_TRUE(read.is_finished());
    const auto& result = read.result();
    EXPECT_TRUE(result.ok() || result.status().IsCancelled())
        << result.status().ToString();
  }
}

/// One server for all tests on it, started by the first.
std::unique_ptr<Bucket> BucketOnServer() {
  static cq::RecordingLogger logger;
  static const auto server = testing::LocalS3Server::Start({});
  if (!server.ok()) return nullptr;
  return testing::MakeS3Bucket(**server, logger);
}

std::vector<Kind> Kinds() {
  static cq::RecordingLogger logger;
  const auto limit = [](int64_t concurrency) {
    return [concurrency] {
      return std::make_unique<testing::MemoryBucket>([concurrency](auto store) {
        return LimitReads(std::move(store), concurrency, logger);
      });
    };
  };
  return {{"Memory", [] { return std::make_unique<testing::MemoryBucket>(nullptr); }},
          {"LimitedToOne", limit(1)},
          {"LimitedToTen", limit(10)},
          {"Unlimited", limit(-1)},
          {"S3", BucketOnServer}};
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreSuite, ::testing::ValuesIn(Kinds()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace s3source
