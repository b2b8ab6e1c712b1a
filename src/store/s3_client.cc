#include "store/s3_client.h"

#include <aws/auth/credentials.h>
#include <aws/auth/signing_config.h>
#include <aws/common/date_time.h>
#include <aws/common/error.h>
#include <aws/http/request_response.h>
#include <aws/http/status_code.h>
#include <aws/io/io.h>
#include <aws/s3/s3_client.h>
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <span>
#include <utility>

#include "cloudquery/log/printable.h"
#include "store/arrival_marks.h"
#include "store/aws_crt.h"
#include "store/s3_service.h"

namespace s3source {
namespace {

using crt::Cursor;
using crt::View;

/// A page of 1,000 keys of 1,024 bytes, each byte as %XX, is a quarter of it.
constexpr size_t kMaxBody = 16U << 20;
constexpr size_t kMaxRequestIdBytes = 64;

std::string Header(const aws_http_headers* headers, const char* name) {
  aws_byte_cursor value{};
  if (headers == nullptr || aws_http_headers_get(headers, Cursor(name), &value) != 0)
    return {};
  return std::string(View(value));
}

/// When an answer was sent by the server's clock, as far as nanoseconds reach; S3 tells
/// it in whole seconds.
std::optional<Timestamp> DateOf(const aws_http_headers* headers) {
  const std::string text = Header(headers, "Date");
  const aws_byte_cursor cursor = Cursor(text);
  aws_date_time date;
  if (text.empty() ||
      aws_date_time_init_from_str_cursor(&date, &cursor, AWS_DATE_FORMAT_RFC822) != 0) {
    return std::nullopt;
  }
  const double seconds = aws_date_time_as_epoch_secs(&date);
  if (!(seconds >= 0 && seconds < 9e9)) return std::nullopt;
  return Timestamp(std::chrono::seconds(static_cast<int64_t>(seconds)));
}

/// 503 is S3's SlowDown, 429 that of other services; 500 comes of load too.
bool IsThrottling(int status) { return status == 503 || status == 429 || status == 500; }

S3Reply Failed(int error) {
  S3Reply reply;
  reply.failure.crt_error = aws_error_name(error);
  reply.failure.crt_text = aws_error_str(error);
  return reply;
}

}  // namespace

/// One request under way. Deletes itself when the runtime is done with it.
class S3Client::Exchange {
 public:
  Exchange(S3Client& client, S3Call call, std::stop_token stop, Done done)
      : client_(client),
        call_(std::move(call)),
        stop_(std::move(stop)),
        done_(std::move(done)) {
    reply_.failure.attempts = 0;
  }

  void Start() {
    {
      std::lock_guard lock(client_.mutex_);
      place_ = client_.under_way_.insert(client_.under_way_.end(), this);
    }
    request_ = MakeRequest();
    if (request_ == nullptr) {
      Fail(aws_last_error());
      Finish();
      delete this;
      return;
    }
    {
      // From here CancelAll may use request_.
      std::lock_guard lock(client_.mutex_);
      started_ = true;
      if (client_.closing_) CancelIfStarted();
    }
    on_stop_.emplace(stop_, Cancel{this});
    LetGo();
  }

  /// With the client's mutex held.
  void CancelIfStarted() {
    if (started_) aws_s3_meta_request_cancel(request_);
  }

 private:
  struct Cancel {
    Exchange* exchange;
    void operator()() const { exchange->OnStop(); }
  };

  /// The runtime ends a request that waits for its next attempt only when the wait is
  /// over. The caller is answered at once; the buffer stays with us as long as bytes may
  /// arrive.
  void OnStop() {
    aws_s3_meta_request_cancel(request_);
    Answer(Failed(AWS_ERROR_S3_CANCELED));
  }

  void Answer(S3Reply reply) {
    if (!answered_.exchange(true)) std::exchange(done_, nullptr)(std::move(reply));
  }

  aws_s3_meta_request* MakeRequest() {
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
    if (call_.destination != nullptr) {
      // One request: the range is one part. The bytes go from the socket's buffer into
      // ours.
      received_ = aws_byte_buf_from_empty_array(call_.destination->mutable_data(),
                                                static_cast<size_t>(call_.range->length));
      marks_.emplace(std::span(call_.destination->mutable_data(),
                               static_cast<size_t>(call_.range->length)));
      options.type = AWS_S3_META_REQUEST_TYPE_GET_OBJECT;
      options.part_size = static_cast<uint64_t>(call_.range->length);
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

  aws_http_message* MakeMessage() const {
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
    if (call_.range) {
      add("Range", fmt::format("bytes={}-{}", call_.range->offset,
                               call_.range->offset + call_.range->length - 1));
    }
    if (call_.method == "PUT") add("Content-Length", std::to_string(call_.body.size()));
    return message;
  }

  static int OnHeaders(aws_s3_meta_request*, const aws_http_headers* headers, int,
                       void* user_data) {
    auto& reply = static_cast<Exchange*>(user_data)->reply_;
    reply.etag = Header(headers, "ETag");
    reply.content_range = Header(headers, "Content-Range");
    return AWS_OP_SUCCESS;
  }

  static int OnBody(aws_s3_meta_request*, const aws_byte_cursor* body, uint64_t,
                    void* user_data) {
    auto& reply = static_cast<Exchange*>(user_data)->reply_;
    if (reply.body.size() + body->len > kMaxBody)
      return aws_raise_error(AWS_ERROR_SHORT_BUFFER);
    reply.body += View(*body);
    reply.bytes += static_cast<int64_t>(body->len);
    return AWS_OP_SUCCESS;
  }

  static void OnProgress(aws_s3_meta_request*,
                         const aws_s3_meta_request_progress* progress, void* user_data) {
    static_cast<Exchange*>(user_data)->reply_.bytes +=
        static_cast<int64_t>(progress->bytes_transferred);
  }

  static void OnAttempt(aws_s3_meta_request* request, aws_s3_request_metrics* metrics,
                        void* user_data) {
    static_cast<Exchange*>(user_data)->NoteAttempt(request, metrics);
  }

  static void OnFinish(aws_s3_meta_request*, const aws_s3_meta_request_result* result,
                       void* user_data) {
    auto* self = static_cast<Exchange*>(user_data);
    if (result->error_code == 0) {
      self->reply_.ok = true;
      self->kept_ = 0;
      self->JoinRanges();
    } else {
      self->Fail(*result);
    }
    self->Finish();
    self->LetGo();
  }

  static void OnShutdown(void* user_data) {
    auto* self = static_cast<Exchange*>(user_data);
    // Always so; looking makes all that was done before visible here.
    if (self->closed_.load()) delete self;
  }

  void NoteAttempt(aws_s3_meta_request* request, const aws_s3_request_metrics* metrics) {
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
    if (error == 0) return;
    NoteStrange(status, metrics);
    if (error == AWS_ERROR_S3_CANCELED) return;
    if (IsThrottling(status) && client_.throttled_) client_.throttled_();
    // A certificate does not become trusted by asking again, and each time costs half a
    // minute: the TLS library delays the end of such a connection on purpose. The clock
    // that requests are signed with is the runtime's own, and may have been set
    // meanwhile.
    if (error == AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE ||
        (error == AWS_ERROR_S3_REQUEST_TIME_TOO_SKEWED &&
         std::exchange(forgiven_.skewed, true))) {
      return GiveUp(request, error);
    }
    if (status == AWS_HTTP_STATUS_CODE_206_PARTIAL_CONTENT) KeepArrived(request, metrics);
  }

  void LogAttempt(const aws_s3_request_metrics* metrics, int status, int error) const {
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

  /// "bytes 5-9/", of what is asked for.
  std::string RangePrefix(int64_t before = 0) const {
    return fmt::format("bytes {}-{}/", call_.range->offset - before,
                       call_.range->offset + call_.range->length - 1);
  }

  /// The object's size as an attempt tells it that is of the right version and range.
  std::optional<std::string> TotalOf(const aws_s3_request_metrics* metrics) const {
    aws_http_headers* headers = nullptr;
    if (aws_s3_request_metrics_get_response_headers(metrics, &headers) != 0) return {};
    const std::string range = Header(headers, "Content-Range");
    const std::string prefix = RangePrefix();
    if (Header(headers, "ETag") != call_.if_match || !range.starts_with(prefix))
      return {};
    std::string total = range.substr(prefix.size());
    if (!total_.empty() && total != total_) return {};
    return total;
  }

  /// The runtime writes the body of every good status into the buffer. Where it is not
  /// what was asked for, the marks no longer tell what has come, and an attempt that had
  /// begun before the request was to end may have written over what was kept: also one
  /// that was cancelled then.
  void NoteStrange(int status, const aws_s3_request_metrics* metrics) {
    if (!marks_ || status / 100 != 2) return;
    if (status == AWS_HTTP_STATUS_CODE_206_PARTIAL_CONTENT && TotalOf(metrics)) return;
    strange_ = true;
    kept_ = 0;
  }

  /// Of an attempt that broke off in its body: what came of the right version and range
  /// stays, and the request ends for another one to ask for the rest.
  void KeepArrived(aws_s3_meta_request* request, const aws_s3_request_metrics* metrics) {
    if (!client_.tries_again_ || !marks_ || strange_ || kept_ > 0) return;
    std::optional<std::string> total = TotalOf(metrics);
    if (!total) return;
    kept_ = marks_->arrived();
    if (kept_ == 0) return;
    broke_ = true;
    total_ = *std::move(total);
    aws_s3_meta_request_cancel(request);
  }

  /// Makes one answer of those that the range came by. An answer that is not the rest
  /// stays as it is, and is found not to be what was asked for.
  void JoinRanges() {
    if (before_ == 0 || reply_.content_range != RangePrefix() + total_) return;
    reply_.content_range = RangePrefix(before_) + total_;
    reply_.bytes += before_;
  }

  void GiveUp(aws_s3_meta_request* request, int error) {
    Fail(error);
    reply_.failure.clock_ahead = client_.ClockOffset();
    Answer(reply_);
    aws_s3_meta_request_cancel(request);
  }

  void Fail(int error) {
    reply_.failure.crt_error = aws_error_name(error);
    reply_.failure.crt_text = aws_error_str(error);
  }

  void Fail(const aws_s3_meta_request_result& result) {
    Fail(result.error_code);
    // Where the last of several attempts gave up there is no answer to describe, but its
    // status.
    if (result.response_status != 0) reply_.failure.http_status = result.response_status;
    reply_.failure.bucket_region =
        Header(result.error_response_headers, "x-amz-bucket-region");
    reply_.failure.request_id = Header(result.error_response_headers, "x-amz-request-id");
    if (result.error_response_body != nullptr) {
      const auto body = aws_byte_cursor_from_buf(result.error_response_body);
      reply_.failure.body = std::string(View(body));
    }
  }

  bool IsWorthAnother() {
    if (broke_ && !reply_.ok && !stop_.stop_requested()) {
      return kept_ > 0 || !std::exchange(forgiven_.unsound, true);
    }
    if (call_.is_sound && !call_.is_sound(reply_)) {
      return !std::exchange(forgiven_.unsound, true);
    }
    return !reply_.ok && client_.service_->Recover(access_, reply_.failure, forgiven_);
  }

  /// Where the request is worth sending again, perhaps with other credentials, to another
  /// server, or for the rest of its bytes, a new exchange goes on in place of this one.
  void HandOn() {
    if (answered_ || !IsWorthAnother() || answered_.exchange(true)) return;
    if (kept_ > 0) {
      call_.range->offset += kept_;
      call_.range->length -= kept_;
      call_.destination = arrow::SliceMutableBuffer(call_.destination, kept_);
    }
    auto* next = new Exchange(client_, std::move(call_), stop_, std::move(done_));
    next->reply_.failure.attempts = reply_.failure.attempts;
    next->forgiven_ = forgiven_;
    next->before_ = before_ + kept_;
    next->total_ = std::move(total_);
    next->Start();
  }

  void Finish() {
    HandOn();
    {
      std::lock_guard lock(client_.mutex_);
      client_.under_way_.erase(place_);
    }
    if (!reply_.ok) client_.service_->credentials().Explain(reply_.failure);
    // The bytes are the caller's alone from here on.
    call_.destination.reset();
    Answer(std::move(reply_));
  }

  /// Start and OnFinish each let go once, in either order; then the runtime may forget
  /// the request, which ends in OnShutdown.
  void LetGo() {
    if (--holders_ > 0) return;
    on_stop_.reset();
    access_ = {};
    auto* request = request_;
    closed_.store(true);
    aws_s3_meta_request_release(request);
  }

  S3Client& client_;
  S3Call call_;
  const std::stop_token stop_;
  Done done_;
  S3Reply reply_;
  crt::Access access_;
  crt::Forgiven forgiven_;
  std::list<Exchange*>::iterator place_;
  aws_byte_buf received_{};
  std::optional<ArrivalMarks> marks_;  ///< of a read
  int64_t kept_ = 0;                   ///< bytes of an attempt that broke off
  bool broke_ = false;                 ///< and was ended for it
  bool strange_ = false;               ///< other bytes came than those asked for
  int64_t before_ = 0;                 ///< bytes of exchanges before this one
  std::string total_;                  ///< the object's size, as they were told
  aws_s3_meta_request* request_ = nullptr;
  bool started_ = false;
  std::atomic<int> holders_ = 2;
  std::atomic<bool> answered_ = false;
  std::atomic<bool> closed_ = false;
  std::optional<std::stop_callback<Cancel>> on_stop_;
};

S3Client::S3Client(std::unique_ptr<crt::S3Service> service, const S3Options& options,
                   S3Target target, cq::Logger& logger)
    : now_(options.now),
      tries_again_(options.retries > 0),
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

void S3Client::NoteDate(const aws_s3_request_metrics* metrics) {
  aws_http_headers* headers = nullptr;
  if (aws_s3_request_metrics_get_response_headers(metrics, &headers) != 0) return;
  const auto date = DateOf(headers);
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
  if (stop.stop_requested()) return done(Failed(AWS_ERROR_S3_CANCELED));
  if (service_->client() == nullptr) return done(Failed(AWS_AUTH_SIGNING_NO_CREDENTIALS));
  (new Exchange(*this, std::move(call), std::move(stop), std::move(done)))->Start();
}

}  // namespace s3source
