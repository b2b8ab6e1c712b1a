#include "store/s3_exchange.h"

#include <aws/auth/credentials.h>
#include <aws/auth/signing_config.h>
#include <aws/common/device_random.h>
#include <aws/common/error.h>
#include <aws/http/request_response.h>
#include <aws/http/status_code.h>
#include <aws/io/io.h>
#include <fmt/format.h>

#include <limits>
#include <mutex>
#include <string>
#include <utility>

#include "cloudquery/log/printable.h"
#include "store/aws_crt.h"
#include "store/s3_errors.h"
#include "store/s3_headers.h"

namespace s3source {
namespace {

using crt::Cursor;
using crt::Header;
using crt::View;

/// A page of 1,000 keys of 1,024 bytes, each byte as %XX, is a quarter of it.
constexpr size_t kMaxBody = 16U << 20;
/// What is longer describes no error, and is not kept a second time.
constexpr size_t kMaxErrorBody = 64U << 10;
constexpr size_t kMaxRequestIdBytes = 64;

/// 503 is S3's SlowDown, 429 that of other services; 500 comes of load too.
bool IsThrottling(int status) { return status == 503 || status == 429 || status == 500; }

/// From 0 to 1.
double Chance() {
  uint64_t random = 0;
  aws_device_random_u64(&random);
  return static_cast<double>(random) /
         static_cast<double>(std::numeric_limits<uint64_t>::max());
}

}  // namespace

S3Client::Exchange::Exchange(S3Client& client, S3Call call, std::stop_token stop,
                             Done done)
    : client_(client),
      call_(std::move(call)),
      stop_(std::move(stop)),
      done_(std::move(done)),
      budget_(client.retry_limits_) {
  reply_.failure.attempts = 0;
  if (call_.destination != nullptr) {
    progress_.emplace(*call_.range, call_.if_match, std::move(call_.destination));
  }
}

void S3Client::Exchange::Start(std::chrono::milliseconds pause) {
  {
    std::lock_guard lock(client_.mutex_);
    place_ = client_.under_way_.insert(client_.under_way_.end(), this);
  }
  on_stop_.emplace(stop_, Cancel{this});
  if (pause.count() == 0) return Begin();
  client_.service_->RunLater(pause, [this] {
    if (client_.IsClosing()) Answer(S3Reply::Stopped());
    Begin();
  });
}

void S3Client::Exchange::Begin() {
  request_ = answered_ ? nullptr : MakeRequest();
  if (request_ == nullptr) {
    on_stop_.reset();
    Fail(aws_last_error());
    Finish();
    delete this;
    return;
  }
  {
    // From here CancelAll and OnStop may use request_.
    std::lock_guard lock(client_.mutex_);
    started_ = true;
    if (client_.closing_ || answered_) CancelIfStarted();
  }
  LetGo();
}

void S3Client::Exchange::CancelIfStarted() {
  if (started_) aws_s3_meta_request_cancel(request_);
}

/// The runtime ends a request that waits for its next attempt only when the wait is
/// over. The caller is answered at once; the buffer stays with us as long as bytes may
/// arrive.
void S3Client::Exchange::OnStop() {
  Answer(S3Reply::Stopped());
  std::lock_guard lock(client_.mutex_);
  CancelIfStarted();
}

void S3Client::Exchange::Answer(S3Reply reply) {
  if (!answered_.exchange(true)) std::exchange(done_, nullptr)(std::move(reply));
}

aws_s3_meta_request* S3Client::Exchange::MakeRequest() {
  access_ = client_.service_->access();
  aws_signing_config_aws signing{};
  aws_s3_init_default_signing_config(&signing, Cursor(access_.route->region()),
                                     access_.credentials.get());
  aws_http_message* message = MakeMessage();
  aws_s3_meta_request_options options{};
  options.operation_name = Cursor(call_.operation);
  options.message = message;
  options.signing_config = &signing;
  // Copied by the library, which only does not say so.
  options.endpoint = const_cast<aws_uri*>(&access_.route->endpoint());
  options.user_data = this;
  options.headers_callback = OnHeaders;
  options.finish_callback = OnFinish;
  options.shutdown_callback = OnShutdown;
  options.telemetry_callback = OnAttempt;
  if (progress_) {
    // One request: the range is one part. The bytes go from the socket's buffer into
    // ours.
    const auto length = static_cast<size_t>(progress_->rest().length);
    received_ = aws_byte_buf_from_empty_array(progress_->destination(), length);
    progress_->Begin();
    options.type = AWS_S3_META_REQUEST_TYPE_GET_OBJECT;
    options.part_size = length;
    options.recv_buffer = &received_;
    options.progress_callback = OnProgress;
  } else {
    options.type = AWS_S3_META_REQUEST_TYPE_DEFAULT;
    options.body_callback = OnBody;
    if (!call_.body.empty()) options.request_body = Cursor(call_.body);
  }
  auto* request = aws_s3_client_make_meta_request(client_.service_->client(), &options);
  aws_http_message_release(message);
  return request;
}

aws_http_message* S3Client::Exchange::MakeMessage() const {
  auto* message = aws_http_message_new_request(client_.service_->runtime().allocator());
  aws_http_message_set_request_method(message, Cursor(call_.method));
  aws_http_message_set_request_path(message, Cursor(call_.target));
  auto* headers = aws_http_message_get_headers(message);
  const auto add = [&](const char* name, const std::string& value) {
    aws_http_headers_set(headers, Cursor(name), Cursor(value));
  };
  add("Host", access_.route->host());
  add("User-Agent", "cq-source-s3");
  if (!call_.if_match.empty()) add("If-Match", call_.if_match);
  if (progress_) {
    const ByteRange rest = progress_->rest();
    add("Range", fmt::format("bytes={}-{}", rest.offset, rest.offset + rest.length - 1));
  }
  if (call_.method == "PUT") add("Content-Length", std::to_string(call_.body.size()));
  return message;
}

int S3Client::Exchange::OnHeaders(aws_s3_meta_request*, const aws_http_headers* headers,
                                  int, void* exchange) {
  auto& reply = static_cast<Exchange*>(exchange)->reply_;
  reply.etag = Header(headers, "ETag");
  reply.content_range = Header(headers, "Content-Range");
  return AWS_OP_SUCCESS;
}

int S3Client::Exchange::OnBody(aws_s3_meta_request*, const aws_byte_cursor* body,
                               uint64_t, void* exchange) {
  auto& reply = static_cast<Exchange*>(exchange)->reply_;
  if (reply.body.size() + body->len > kMaxBody)
    return aws_raise_error(AWS_ERROR_SHORT_BUFFER);
  reply.body += View(*body);
  reply.bytes += static_cast<int64_t>(body->len);
  return AWS_OP_SUCCESS;
}

void S3Client::Exchange::OnProgress(aws_s3_meta_request*,
                                    const aws_s3_meta_request_progress* progress,
                                    void* exchange) {
  static_cast<Exchange*>(exchange)->reply_.bytes +=
      static_cast<int64_t>(progress->bytes_transferred);
}

void S3Client::Exchange::OnAttempt(aws_s3_meta_request* request,
                                   aws_s3_request_metrics* metrics, void* exchange) {
  static_cast<Exchange*>(exchange)->NoteAttempt(request, metrics);
}

void S3Client::Exchange::OnFinish(aws_s3_meta_request*,
                                  const aws_s3_meta_request_result* result,
                                  void* exchange) {
  auto* self = static_cast<Exchange*>(exchange);
  if (result->error_code == 0) {
    self->reply_.ok = true;
    if (self->progress_) {
      self->progress_->Join(&self->reply_.content_range, &self->reply_.bytes);
    }
  } else {
    self->Fail(*result);
  }
  self->Finish();
  self->LetGo();
}

void S3Client::Exchange::OnShutdown(void* exchange) {
  auto* self = static_cast<Exchange*>(exchange);
  // Always so; looking makes all that was done before visible here.
  if (self->closed_.load()) delete self;
}

void S3Client::Exchange::NoteAttempt(aws_s3_meta_request* request,
                                     const aws_s3_request_metrics* metrics) {
  const int error = aws_s3_request_metrics_get_error_code(metrics);
  if (error != AWS_ERROR_S3_CANCELED && ++reply_.failure.attempts > 1) {
    client_.NoteRetry(call_);
  }
  client_.NoteDate(metrics);
  int status = 0;
  if (aws_s3_request_metrics_get_response_status_code(metrics, &status) == 0) {
    reply_.failure.http_status = status;
  }
  LogAttempt(metrics, status, error);
  if (error != 0) NoteFailedAttempt(request, metrics, status, error);
}

void S3Client::Exchange::LogAttempt(const aws_s3_request_metrics* metrics, int status,
                                    int error) const {
  if (!client_.logger_.Enabled(cq::LogLevel::kDebug)) return;
  const aws_string* id = nullptr;  // none without an answer
  aws_s3_request_metrics_get_request_id(metrics, &id);
  uint64_t nanoseconds = 0;
  aws_s3_request_metrics_get_total_duration_ns(metrics, &nanoseconds);
  const std::chrono::duration<double, std::milli> took =
      std::chrono::nanoseconds(nanoseconds);
  client_.logger_.Debug(
      error == 0 ? "S3 request" : "S3 request failed",
      {{"operation", call_.operation},
       {"bucket", client_.target_.bucket},
       {"name", cq::Printable(call_.name)},
       {"attempt", reply_.failure.attempts},
       {"status", status},
       {"request_id",
        id == nullptr ? "" : cq::Printable(aws_string_c_str(id), kMaxRequestIdBytes)},
       {"milliseconds", took.count()},
       {"error", error == 0 ? "" : aws_error_name(error)}});
}

/// A certificate does not become trusted by asking again, and each time costs half a
/// minute: the TLS library delays the end of such a connection on purpose. The clock that
/// requests are signed with is the runtime's own, and may have been set meanwhile.
bool S3Client::Exchange::IsInVain(int error) {
  return error == AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE ||
         (error == AWS_ERROR_S3_REQUEST_TIME_TOO_SKEWED &&
          std::exchange(forgiven_.skewed, true));
}

void S3Client::Exchange::NoteFailedAttempt(aws_s3_meta_request* request,
                                           const aws_s3_request_metrics* metrics,
                                           int status, int error) {
  const aws_http_headers* headers = crt::HeadersOf(metrics);
  const std::string etag = Header(headers, "ETag");
  const std::string content_range = Header(headers, "Content-Range");
  const RangeProgress::Head head{status, etag, content_range};
  if (progress_) progress_->Look(head);
  if (error == AWS_ERROR_S3_CANCELED) return;
  if (IsThrottling(status) && client_.throttled_) client_.throttled_();
  if (IsInVain(error)) return GiveUp(request, error);
  // That it may be made anew for such a failure is found out at its end.
  if (error == AWS_ERROR_S3_INVALID_RESPONSE_STATUS) return;
  const bool kept = client_.retry_limits_.retries > 0 && progress_ && broke_ == 0 &&
                    progress_->Keep(head);
  if (!(kept && progress_->kept_much()) && !budget_.Spend())
    return GiveUp(request, error);
  if (!kept) return;
  // Another request asks for the rest.
  broke_ = error;
  aws_s3_meta_request_cancel(request);
}

void S3Client::Exchange::GiveUp(aws_s3_meta_request* request, int error) {
  Fail(error);
  reply_.failure.clock_ahead = client_.ClockOffset();
  client_.service_->credentials().Explain(reply_.failure);
  Answer(reply_);
  aws_s3_meta_request_cancel(request);
}

void S3Client::Exchange::Fail(int error) {
  reply_.failure.crt_error = aws_error_name(error);
  reply_.failure.crt_text = aws_error_str(error);
}

void S3Client::Exchange::Fail(const aws_s3_meta_request_result& result) {
  // That one was ended for the other does not describe it.
  Fail(broke_ != 0 ? broke_ : result.error_code);
  // Where the last of several attempts gave up there is no answer to describe, but its
  // status.
  if (result.response_status != 0) reply_.failure.http_status = result.response_status;
  reply_.failure.bucket_region =
      Header(result.error_response_headers, "x-amz-bucket-region");
  reply_.failure.request_id = Header(result.error_response_headers, "x-amz-request-id");
  if (result.error_response_body != nullptr &&
      result.error_response_body->len <= kMaxErrorBody) {
    const auto body = aws_byte_cursor_from_buf(result.error_response_body);
    reply_.failure.body = std::string(View(body));
  }
}

bool S3Client::Exchange::IsWorthAnother() {
  if (broke_ != 0 && !reply_.ok) {
    return progress_->kept() > 0 || !std::exchange(forgiven_.unsound, true);
  }
  if (call_.is_sound && !call_.is_sound(reply_)) {
    return !std::exchange(forgiven_.unsound, true);
  }
  if (reply_.ok) return false;
  later_ = SaysLater(reply_.failure) && budget_.Spend();
  return later_ || client_.service_->Recover(access_, reply_.failure, forgiven_);
}

/// Where the request is worth sending again, perhaps with other credentials, to another
/// server, or for the rest of its bytes, a new exchange goes on in place of this one.
void S3Client::Exchange::HandOn() {
  if (answered_ || stop_.stop_requested() || !IsWorthAnother() ||
      answered_.exchange(true)) {
    return;
  }
  const bool at_once = !later_ && (broke_ == 0 || progress_->kept_much());
  if (progress_) progress_->Advance();
  auto* next = new Exchange(client_, std::move(call_), stop_, std::move(done_));
  next->reply_.failure.attempts = reply_.failure.attempts;
  next->forgiven_ = forgiven_;
  next->budget_ = budget_;
  next->progress_ = std::move(progress_);
  next->Start(at_once ? std::chrono::milliseconds(0) : budget_.Pause(Chance()));
}

void S3Client::Exchange::Finish() {
  HandOn();
  {
    std::lock_guard lock(client_.mutex_);
    client_.under_way_.erase(place_);
    reply_.stopped = !reply_.ok && client_.closing_;
  }
  if (!reply_.ok) client_.service_->credentials().Explain(reply_.failure);
  // The bytes are the caller's alone from here on.
  progress_.reset();
  Answer(std::move(reply_));
}

/// Begin and OnFinish each let go once, in either order; then the runtime may forget the
/// request, which ends in OnShutdown.
void S3Client::Exchange::LetGo() {
  if (--holders_ > 0) return;
  on_stop_.reset();
  access_ = {};
  auto* request = request_;
  closed_.store(true);
  aws_s3_meta_request_release(request);
}

}  // namespace s3source
