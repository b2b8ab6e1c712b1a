#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "store/forwarding_store.h"

namespace s3source {

/// What was read from a store until now. Any thread may look while others count.
struct ReadCounts {
  std::atomic<int64_t> objects = 0;  ///< whose last byte was read, which the footer holds
  std::atomic<int64_t> bytes = 0;
};

/// A store that counts what is read from another.
class CountingStore final : public ForwardingStore {
 public:
  CountingStore(std::shared_ptr<ObjectStore> store, std::shared_ptr<ReadCounts> counts)
      : ForwardingStore(*store), store_(std::move(store)), counts_(std::move(counts)) {}

  arrow::Future<std::shared_ptr<arrow::Buffer>> Read(const Object& object,
                                                     ByteRange range,
                                                     std::stop_token stop) override;

 private:
  std::shared_ptr<ObjectStore> store_;
  std::shared_ptr<ReadCounts> counts_;
};

}  // namespace s3source
