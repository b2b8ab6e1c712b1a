#pragma once

#include <arrow/buffer.h>
#include <arrow/result.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "cloudquery/log/logger.h"
#include "store/object_store.h"
#include "store/retry_budget.h"
#include "store/s3_errors.h"
#include "store/s3_options.h"
#include "store/s3_uri.h"

namespace s3source {
namespace crt {
class S3Service;
}

struct S3Reply;

/// One S3 request.
struct S3Call {
  std::string operation;  ///< as S3 names it: "ListObjectsV2", "GetObject"
  std::string method = "GET";
  std::string target;  ///< path and query, encoded
  std::string name;    ///< key or prefix, for log lines
  /// A read: the answer must be of this version and of exactly this range, which is
  /// written into `destination` (as many bytes) and nowhere else. Where a body breaks
  /// off, only the rest is asked for.
  std::optional<ByteRange> range;
  std::string if_match;
  std::shared_ptr<arrow::Buffer> destination;
  std::string body;  ///< what is sent
  /// Where given: whether the answer can be what S3 sent. Asked on a thread of the
  /// runtime; when it cannot be, the request is sent again, once.
  std::function<bool(const S3Reply&)> is_sound;
};

/// How a request ended.
struct S3Reply {
  bool ok = false;
  std::string body;  ///< of an answer that is not a read's; more than 16 MiB are an error
  std::string etag;
  std::string content_range;
  int64_t bytes = 0;     ///< as many bytes of the body arrived
  S3Failure failure;     ///< where not ok; without operation and prefix_or_key
  bool stopped = false;  ///< not ok because the caller asked for it, or the client ends

  static S3Reply Stopped();
  /// `error` is one of the AWS library.
  static S3Reply Failed(int error);
};

/// Signed requests to one bucket's server. What may pass is tried again, within a budget
/// for all attempts at a request; see S3Service for what else is tried. Thread-safe.
/// Destruction cancels and awaits every request.
class S3Client {
 public:
  /// `logger` must outlive the client.
  static arrow::Result<std::unique_ptr<S3Client>> Make(const S3Options& options,
                                                       const S3Address& address,
                                                       S3Target target,
                                                       cq::Logger& logger);
  ~S3Client();

  /// OK once there are credentials to sign with.
  arrow::Status AwaitCredentials(const std::stop_token& stop);

  /// As ObjectStore::ObserveThrottling.
  void ObserveThrottling(std::function<void()> told) { throttled_ = std::move(told); }

  /// As ObjectStore::ClockOffset and retries.
  std::chrono::nanoseconds ClockOffset() const {
    return std::chrono::nanoseconds(clock_offset_);
  }
  int64_t retries() const { return retries_; }
  /// As ObjectStore::ObserveRetries.
  void ObserveRetries(std::function<void(const std::string& key)> told);

  using Done = std::function<void(S3Reply)>;
  /// `done` is called once: on a thread of the runtime, on the one that asks for the
  /// stop, or inside this call. After stop it comes at once, as `stopped`; a stop
  /// requested before the call sends nothing.
  void Send(S3Call call, std::stop_token stop, Done done);

 private:
  class Exchange;

  using Clock = std::function<Timestamp()>;

  S3Client(std::unique_ptr<crt::S3Service> service, const S3Options& options,
           S3Target target, cq::Logger& logger);
  void CancelAll();
  bool IsClosing();
  /// An exchange has ended, and its place with it.
  void Forget(std::list<std::shared_ptr<Exchange>>::iterator place);
  /// The server's time, from an answer that has just begun.
  void NoteDate(Timestamp date);
  void NoteRetry(const S3Call& call);
  /// From here on, where the server told its time.
  void SignWithServersClock();
  Timestamp TimeToSign() const;

  const Clock now_;
  const RetryBudget::Limits retry_limits_;
  const S3Target target_;
  cq::Logger& logger_;
  std::function<void()> throttled_;
  std::atomic<int64_t> retries_ = 0;
  std::atomic<int64_t> clock_offset_ = 0;  ///< nanoseconds
  std::atomic<bool> servers_clock_ = false;
  std::mutex observer_mutex_;
  std::function<void(const std::string& key)> retried_;
  std::mutex mutex_;
  std::condition_variable none_;  ///< under_way_ became empty
  bool closing_ = false;
  std::list<std::shared_ptr<Exchange>> under_way_;
  const std::unique_ptr<crt::S3Service> service_;
};

}  // namespace s3source
