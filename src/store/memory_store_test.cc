#include "store/memory_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "store/fault.h"

namespace s3source {
namespace {

using ::testing::ElementsAre;

arrow::Status ReadAll(MemoryStore& store, const Object& object) {
  return store.Read(object, {0, object.size_bytes}, {}).status();
}

TEST(MemoryStore, FailsReadsOfOneKeyAsOftenAsTold) {
  MemoryStore store;
  const auto a = store.Put("a", "x");
  const auto b = store.Put("b", "x");
  store.FailReads("a", MakeFault(FaultReason::kUnavailable, "busy"), 2, 1);
  EXPECT_OK(ReadAll(store, a));
  EXPECT_EQ(ReasonOf(ReadAll(store, a)), FaultReason::kUnavailable);
  EXPECT_EQ(ReasonOf(ReadAll(store, a)), FaultReason::kUnavailable);
  EXPECT_OK(ReadAll(store, a));
  EXPECT_OK(ReadAll(store, b));
  EXPECT_EQ(store.reads(), 5u);
  EXPECT_EQ(store.reads("b"), 1u);
}

TEST(MemoryStore, FailsAListingAtThePageItIsTold) {
  MemoryStore store("bucket", 2);
  for (const auto* key : {"a", "b", "c", "d", "e"}) store.Put(key, "");
  store.FailLists(MakeFault(FaultReason::kBadListing, "bad"), 1, 1);
  int pages = 0;
  const auto visit = [&](const std::vector<Object>&) {
    ++pages;
    return arrow::Status::OK();
  };
  EXPECT_EQ(ReasonOf(store.List("", {}, visit)), FaultReason::kBadListing);
  EXPECT_EQ(pages, 1);
  EXPECT_OK(store.List("", {}, visit));
  EXPECT_EQ(pages, 4);
}

TEST(MemoryStore, AListingSeesWhatChangesBetweenPages) {
  MemoryStore store("bucket", 2);
  for (const auto* key : {"b", "c", "d"}) store.Put(key, "");
  std::vector<std::string> keys;
  ASSERT_OK(store.List("", {}, [&](const std::vector<Object>& page) {
    for (const auto& object : page) keys.push_back(object.key);
    store.Put("a", "");
    store.Put("e", "");
    store.Delete("d");
    return arrow::Status::OK();
  }));
  EXPECT_THAT(keys, ElementsAre("b", "c", "e"));
}

TEST(MemoryStore, KeepsTheTraitsOfAPut) {
  MemoryStore store;
  const Timestamp time{std::chrono::milliseconds(1234)};
  const auto object =
      store.Put("a", "x", {.last_modified = time, .storage_class = "GLACIER"});
  EXPECT_EQ(object.last_modified, time);
  EXPECT_EQ(object.storage_class, "GLACIER");
}

}  // namespace
}  // namespace s3source
