#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/object_store.h"

namespace s3source {

/// A bucket in memory: the twin of S3Store for tests, under the same laws. Listings are
/// made page by page from what is there at that moment, as S3's are, so a visitor may put
/// and delete between pages. Thread-safe.
class MemoryStore final : public ObjectStore {
 public:
  explicit MemoryStore(std::string bucket = "bucket", size_t page_size = 1000);
  ~MemoryStore() override;

  /// What Put needs to know beside key and bytes.
  struct Traits {
    Timestamp last_modified{};
    std::string storage_class = "STANDARD";
  };

  /// Creates or overwrites; returns the object as a listing shows it. The ETag depends on
  /// the bytes alone, so that equal content has an equal ETag, as in S3.
  Object Put(const std::string& key, std::string bytes, Traits traits);
  Object Put(const std::string& key, std::string bytes) {
    return Put(key, std::move(bytes), {});
  }
  void Delete(const std::string& key);

  /// One call of List (one entry a page) or Read.
  struct Request {
    enum class Kind { kList, kRead } kind;
    std::string name;  ///< the prefix, or the key
    ByteRange range;   ///< of a read
  };
  std::vector<Request> requests() const;
  /// The number of reads, of all objects or of one.
  size_t reads() const;
  size_t reads(const std::string& key) const;
  void ForgetRequests();

  /// After `skip` more good reads of `key`, the next `times` fail with `status`.
  void FailReads(const std::string& key, arrow::Status status, size_t times = kForever,
                 size_t skip = 0);
  /// After `skip` more good pages, the next `times` fail with `status`.
  void FailLists(arrow::Status status, size_t times = kForever, size_t skip = 0);
  static constexpr size_t kForever = static_cast<size_t>(-1);

  /// Calls `change` once, when the next listing has ended.
  void AfterList(std::function<void()> change);

  /// From now on reads stay unanswered until ReleaseReads, which answers them on its own
  /// thread.
  void HoldReads();
  /// Answers up to `count` of the held reads, oldest first. With kForever later reads are
  /// no longer held either.
  void ReleaseReads(size_t count = kForever);
  /// Blocks until `count` reads are held.
  void AwaitHeldReads(size_t count);
  /// The reads that are unanswered now.
  size_t held() const;
  /// The most reads that were unanswered at one time.
  size_t most_held() const;

  const std::string& bucket() const override { return bucket_; }
  arrow::Status List(const std::string& prefix, std::stop_token stop,
                     const PageVisitor& visit) override;
  arrow::Future<std::shared_ptr<arrow::Buffer>> Read(const Object& object,
                                                     ByteRange range,
                                                     std::stop_token stop) override;

 private:
  struct Stored {
    Object object;
    std::shared_ptr<arrow::Buffer> bytes;
  };
  struct Failure {
    arrow::Status status;
    size_t times = 0;
    size_t skip = 0;
  };
  struct Held;

  static std::optional<arrow::Status> NextFailure(std::optional<Failure>& failure);
  arrow::Result<std::vector<Object>> Page(const std::string& prefix,
                                          const std::string& after);
  arrow::Result<std::shared_ptr<arrow::Buffer>> Answer(const Object& object,
                                                       ByteRange range);
  void AnswerHeld(const std::shared_ptr<Held>& held);

  const std::string bucket_;
  const size_t page_size_;
  mutable std::mutex mutex_;
  std::condition_variable held_changed_;
  std::map<std::string, Stored> objects_;
  std::vector<Request> requests_;
  std::map<std::string, std::optional<Failure>> read_failures_;
  std::optional<Failure> list_failure_;
  std::function<void()> after_list_;
  bool holding_ = false;
  size_t most_held_ = 0;
  std::list<std::shared_ptr<Held>> held_;
};

}  // namespace s3source
