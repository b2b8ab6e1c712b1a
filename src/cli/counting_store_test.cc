#include "cli/counting_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

/// One object of ten bytes.
class TenBytes final : public ObjectStore {
 public:
  const std::string& bucket() const override { return bucket_; }
  std::chrono::nanoseconds ClockOffset() const override { return std::chrono::hours(1); }
  int64_t retries() const override { return 7; }
  arrow::Status List(const std::string&, std::stop_token, const PageVisitor&) override {
    return arrow::Status::OK();
  }
  arrow::Future<std::shared_ptr<arrow::Buffer>> Read(const Object&, ByteRange range,
                                                     std::stop_token) override {
    return arrow::Buffer::FromString(
        std::string("0123456789").substr(range.offset, range.length));
  }

 private:
  const std::string bucket_ = "bucket";
};

TEST(CountingStore, CountsBytesAndTheObjectsWhoseLastByteIsRead) {
  const auto counts = std::make_shared<ReadCounts>();
  CountingStore store(std::make_shared<TenBytes>(), counts);
  const Object object{"key", "v1", 10, {}, ""};
  ASSERT_OK(store.Read(object, {0, 4}, {}).status());
  EXPECT_EQ(counts->bytes, 4);
  EXPECT_EQ(counts->objects, 0);
  ASSERT_OK(store.Read(object, {4, 6}, {}).status());
  EXPECT_EQ(counts->bytes, 10);
  EXPECT_EQ(counts->objects, 1);
}

TEST(CountingStore, TheStoreBehindIsStillSeen) {
  const CountingStore store(std::make_shared<TenBytes>(), std::make_shared<ReadCounts>());
  EXPECT_EQ(store.bucket(), "bucket");
  EXPECT_EQ(store.ClockOffset(), std::chrono::hours(1));
  EXPECT_EQ(store.retries(), 7);
}

}  // namespace
}  // namespace s3source
