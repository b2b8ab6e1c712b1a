#pragma once

#include <arrow/result.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cloudquery/log/logger.h"
#include "store/object_store.h"
#include "store/s3_options.h"

namespace s3source {

/// A bucket of S3, or of a service that speaks its protocol.
///
/// Requests are signed, retried with growing pauses, and moved to another connection when
/// one stalls. Each answer is checked against what was asked and listed, so that a server
/// that ignores If-Match or Range cannot mix versions.
class S3Store final : public ObjectStore {
 public:
  /// Checks the options without a request. Invalid names the field. `logger` must outlive
  /// the store.
  static arrow::Result<std::unique_ptr<ObjectStore>> Open(S3Options options,
                                                          cq::Logger& logger);
  ~S3Store() override;

  const std::string& bucket() const override;
  std::chrono::nanoseconds ClockOffset() const override;
  int64_t retries() const override;
  void ObserveRetries(std::function<void(const std::string& key)> told) override;
  arrow::Status List(const std::string& prefix, std::stop_token stop,
                     const PageVisitor& visit) override;
  arrow::Future<std::shared_ptr<arrow::Buffer>> Read(const Object& object,
                                                     ByteRange range,
                                                     std::stop_token stop) override;
  void ObserveThrottling(std::function<void()> told) override;

 private:
  struct Inner;
  explicit S3Store(std::unique_ptr<Inner> inner);

  std::unique_ptr<Inner> inner_;
};

}  // namespace s3source
