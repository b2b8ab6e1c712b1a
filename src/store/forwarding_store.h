#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "store/object_store.h"

namespace s3source {

/// Hands calls on to another store: the base of stores that do one of them in another
/// way. Not ObserveThrottling, as it has one listener: the store that limits reads.
class ForwardingStore : public ObjectStore {
 public:
  /// `store` outlives this.
  explicit ForwardingStore(ObjectStore& store) : to_(store) {}

  const std::string& bucket() const override { return to_.bucket(); }
  std::chrono::nanoseconds ClockOffset() const override { return to_.ClockOffset(); }
  int64_t retries() const override { return to_.retries(); }
  void ObserveRetries(std::function<void(const std::string& key)> told) override {
    to_.ObserveRetries(std::move(told));
  }
  arrow::Status List(const std::string& prefix, std::stop_token stop,
                     const PageVisitor& visit) override {
    return to_.List(prefix, std::move(stop), visit);
  }
  arrow::Future<std::shared_ptr<arrow::Buffer>> Read(const Object& object,
                                                     ByteRange range,
                                                     std::stop_token stop) override {
    return to_.Read(object, range, std::move(stop));
  }

 private:
  ObjectStore& to_;
};

}  // namespace s3source
