#include "store/s3_client.h"

#include <aws/auth/auth.h>
#include <aws/common/error.h>
#include <aws/http/http.h>

#include <chrono>
#include <utility>

#include "store/s3_exchange.h"
#include "store/s3_service.h"

namespace s3source {

S3Reply S3Reply::Failed(int error) {
  S3Reply reply;
  reply.failure.crt_error = aws_error_name(error);
  reply.failure.crt_text = aws_error_str(error);
  return reply;
}

S3Reply S3Reply::Stopped() {
  S3Reply reply = Failed(AWS_ERROR_HTTP_STREAM_CANCELLED);
  reply.stopped = true;
  return reply;
}

S3Client::S3Client(std::unique_ptr<crt::S3Service> service, const S3Options& options,
                   S3Target target, cq::Logger& logger)
    : now_(options.now),
      retry_limits_{static_cast<int64_t>(options.retries), options.retry_base,
                    options.retry_limit},
      target_(std::move(target)),
      logger_(logger),
      service_(std::move(service)) {}

arrow::Result<std::unique_ptr<S3Client>> S3Client::Make(const S3Options& options,
                                                        const S3Address& address,
                                                        S3Target target,
                                                        cq::Logger& logger) {
  ARROW_ASSIGN_OR_RAISE(auto service,
                        crt::S3Service::Make(options, address, target, logger));
  return std::unique_ptr<S3Client>(
      new S3Client(std::move(service), options, std::move(target), logger));
}

S3Client::~S3Client() {
  CancelAll();
  service_->Close();
}

void S3Client::CancelAll() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  for (const auto& exchange : under_way_) exchange->Cancel();
  none_.wait(lock, [this] { return under_way_.empty(); });
}

void S3Client::Forget(std::list<std::shared_ptr<Exchange>>::iterator place) {
  std::shared_ptr<Exchange> exchange;  // ends after the lock
  std::lock_guard lock(mutex_);
  exchange = std::move(*place);
  under_way_.erase(place);
  // Under the lock: the waiter may destroy the client as soon as it gets it.
  if (under_way_.empty()) none_.notify_all();
}

bool S3Client::IsClosing() {
  std::lock_guard lock(mutex_);
  return closing_;
}

void S3Client::NoteDate(Timestamp date) {
  clock_offset_ = std::chrono::nanoseconds(date - now_()).count();
}

void S3Client::SignWithServersClock() {
  if (clock_offset_ == 0 || servers_clock_.exchange(true)) return;
  logger_.Warn(
      "the clock of this machine is too far off for S3, and requests are signed with the "
      "server's time; set it right (NTP)",
      {{"bucket", target_.bucket},
       {"off_by_seconds",
        std::chrono::round<std::chrono::seconds>(-ClockOffset()).count()}});
}

Timestamp S3Client::TimeToSign() const {
  const Timestamp now = now_();
  return servers_clock_ ? now + ClockOffset() : now;
}

void S3Client::ObserveRetries(std::function<void(const std::string& key)> told) {
  std::lock_guard lock(observer_mutex_);
  retried_ = std::move(told);
}

void S3Client::NoteRetry(const S3Call& call) {
  ++retries_;
  if (!call.range) return;
  std::lock_guard lock(observer_mutex_);
  if (retried_) retried_(call.name);
}

arrow::Status S3Client::AwaitCredentials(const std::stop_token& stop) {
  return service_->credentials().Await(target_, stop);
}

void S3Client::Send(S3Call call, std::stop_token stop, Done done) {
  // A request made and cancelled may be answered before it notices.
  if (stop.stop_requested()) return done(S3Reply::Stopped());
  if (!service_->access().route) {
    return done(S3Reply::Failed(AWS_AUTH_SIGNING_NO_CREDENTIALS));
  }
  auto exchange = std::make_shared<Exchange>(*this, std::move(call), std::move(stop),
                                             std::move(done));
  std::unique_lock lock(mutex_);
  const auto place = under_way_.insert(under_way_.end(), exchange);
  lock.unlock();
  exchange->Start(place);
}

}  // namespace s3source
