#pragma once

#include <functional>
#include <memory>
#include <string>

#include "store/memory_store.h"
#include "store/object_store.h"

namespace s3source::testing {

/// A bucket that a test fills by its back door and looks at through an ObjectStore.
class Bucket {
 public:
  virtual ~Bucket() = default;
  virtual void Put(const std::string& key, const std::string& bytes) = 0;
  virtual void Delete(const std::string& key) = 0;
  virtual ObjectStore& store() = 0;
};

class MemoryBucket final : public Bucket {
 public:
  /// `wrap` may put a decorator around the store.
  explicit MemoryBucket(
      const std::function<std::unique_ptr<ObjectStore>(std::unique_ptr<ObjectStore>)>&
          wrap) {
    auto memory = std::make_unique<MemoryStore>();
    memory_ = memory.get();
    store_ = wrap == nullptr ? std::move(memory) : wrap(std::move(memory));
  }

  void Put(const std::string& key, const std::string& bytes) override {
    memory_->Put(key, bytes);
  }
  void Delete(const std::string& key) override { memory_->Delete(key); }
  ObjectStore& store() override { return *store_; }

 private:
  MemoryStore* memory_;
  std::unique_ptr<ObjectStore> store_;
};

}  // namespace s3source::testing
