#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "store/object_store.h"

namespace s3source {

/// What was read from a store until now. Any thread may look while others count.
struct ReadCounts {
  std::atomic<int64_t> objects = 0;  ///< whose last byte was read, which the footer holds
  std::atomic<int64_t> bytes = 0;
};

/// A store that counts what is read from another.
class CountingStore final : public ObjectStore {
 public:
  CountingStore(std::shared_ptr<ObjectStore> store, std::shared_ptr<ReadCounts> counts)
      : store_(std::move(store)), counts_(std::move(counts)) {}

  const std::string& bucket() const override { return store_->bucket(); }
  std::chrono::nanoseconds ClockOffset() const override { return store_->ClockOffset(); }
  int64_t retries() const override { return store_->retries(); }
  void ObserveRetries(std::function<void(const std::string& key)> told) override {
    store_->ObserveRetries(std::move(told));
  }
  arrow::Status List(const std::string& prefix, std::stop_token stop,
                     const PageVisitor& visit) override {
    return store_->List(prefix, std::move(stop), visit);
  }
  arrow::Future<std::shared_ptr<arrow::Buffer>> Read(const Object& object,
                                                     ByteRange range,
                                                     std::stop_token stop) override;

 private:
  std::shared_ptr<ObjectStore> store_;
  std::shared_ptr<ReadCounts> counts_;
};

}  // namespace s3source
