#include "store/s3_client.h"

#include <aws/common/error.h>
#include <aws/s3/s3_client.h>

#include <chrono>
#include <utility>

#include "store/aws_crt.h"
#include "store/s3_exchange.h"
#include "store/s3_headers.h"
#include "store/s3_service.h"

namespace s3source {

S3Reply S3Reply::Failed(int error) {
  S3Reply reply;
  reply.failure.crt_error = aws_error_name(error);
  reply.failure.crt_text = aws_error_str(error);
  return reply;
}

S3Reply S3Reply::Stopped() {
  S3Reply reply = Failed(AWS_ERROR_S3_CANCELED);
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
  std::lock_guard lock(mutex_);
  closing_ = true;
  for (auto* exchange : under_way_) exchange->CancelIfStarted();
}

bool S3Client::IsClosing() {
  std::lock_guard lock(mutex_);
  return closing_;
}

void S3Client::NoteDate(const aws_s3_request_metrics* metrics) {
  const auto date = crt::DateOf(crt::HeadersOf(metrics));
  if (!date) return;
  // The date is that of the first byte, now is after the last one.
  uint64_t receiving = 0;
  if (aws_s3_request_metrics_get_receiving_duration_ns(metrics, &receiving) != 0) {
    receiving = 0;
  }
  const auto arrived = now_() - std::chrono::nanoseconds(receiving);
  clock_offset_ = std::chrono::nanoseconds(*date - arrived).count();
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
  if (service_->client() == nullptr) {
    return done(S3Reply::Failed(AWS_AUTH_SIGNING_NO_CREDENTIALS));
  }
  (new Exchange(*this, std::move(call), std::move(stop), std::move(done)))->Start();
}

}  // namespace s3source
