#include "store/s3_exchange.h"

#include <aws/common/device_random.h>
#include <aws/common/error.h>
#include <fmt/format.h>

#include <exception>
#include <limits>
#include <mutex>
#include <string>
#include <utility>

#include "cloudquery/log/printable.h"
#include "store/s3_errors.h"

namespace s3source {
namespace {

/// A page of 1,000 keys of 1,024 bytes, each byte as %XX, is a quarter of it.
constexpr size_t kMaxBody = 16U << 20;
/// What is longer describes no error.
constexpr size_t kMaxErrorBody = 64U << 10;
constexpr size_t kMaxRequestIdBytes = 64;

bool IsGood(int status) { return status / 100 == 2; }

/// 503 is S3's SlowDown, 429 that of other services; 500 comes of load too.
bool IsThrottling(int status) { return status == 503 || status == 429 || status == 500; }

/// Of an answer that began well; what follows its status may be an error all the same.
bool IsError(const std::string& body) {
  constexpr std::string_view kRoot = "<Error>";
  constexpr size_t kDeclaration = 64;
  return body.size() <= kMaxErrorBody &&
         std::string_view(body).substr(0, kDeclaration + kRoot.size()).find(kRoot) !=
             std::string_view::npos;
}

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
  if (call_.destination != nullptr) {
    progress_.emplace(*call_.range, call_.if_match, std::move(call_.destination));
  }
}

void S3Client::Exchange::Start(Place place) {
  place_ = place;
  on_stop_.emplace(stop_, Stop{this});
  Try();
}

/// The caller is answered at once; the buffer stays with us as long as bytes may arrive.
void S3Client::Exchange::OnStop() {
  Answer(S3Reply::Stopped());
  Cancel();
}

void S3Client::Exchange::Cancel() {
  std::lock_guard lock(mutex_);
  if (attempt_ != nullptr) attempt_->Cancel();
}

void S3Client::Exchange::Answer(S3Reply reply) {
  if (!answered_.exchange(true)) std::exchange(done_, nullptr)(std::move(reply));
}

void S3Client::Exchange::Try() {
  reply_ = {};
  head_ = {};
  enough_ = false;
  access_ = client_.service_->access();
  crt::HttpRequest request;
  std::shared_ptr<crt::Attempt> attempt;
  // Who calls is often the library, which knows no exceptions.
  try {
    request = MakeRequest();
    attempt = std::make_shared<crt::Attempt>(client_.service_->runtime(), access_, *this);
  } catch (const std::exception&) {
    Fail(AWS_ERROR_OOM);
    return Finish();
  }
  {
    // From here on Cancel finds it.
    std::lock_guard lock(mutex_);
    attempt_ = attempt;
  }
  if (client_.IsClosing()) Answer(S3Reply::Stopped());
  if (answered_) return Finish();
  began_ = std::chrono::steady_clock::now();
  attempt->Send(request, client_.TimeToSign());
}

crt::HttpRequest S3Client::Exchange::MakeRequest() const {
  crt::HttpRequest request{call_.method, call_.target, {}, call_.body};
  auto& headers = request.headers;
  headers.emplace_back("User-Agent", "cq-source-s3");
  if (!call_.if_match.empty()) headers.emplace_back("If-Match", call_.if_match);
  if (progress_) {
    const ByteRange rest = progress_->rest();
    headers.emplace_back(
        "Range", fmt::format("bytes={}-{}", rest.offset, rest.offset + rest.length - 1));
  }
  if (call_.method == "PUT") {
    headers.emplace_back("Content-Length", std::to_string(call_.body.size()));
  }
  return request;
}

void S3Client::Exchange::OnHead(crt::AnswerHead head) {
  head_ = std::move(head);
  if (head_.date) client_.NoteDate(*head_.date);
  if (progress_ && IsGood(head_.status)) {
    progress_->Begin(head_.etag, head_.content_range);
  }
}

bool S3Client::Exchange::OnBody(std::string_view bytes) {
  const bool good = IsGood(head_.status);
  if (good && progress_) {
    enough_ = !progress_->Add(bytes);
  } else if (reply_.body.size() + bytes.size() <= (good ? kMaxBody : kMaxErrorBody)) {
    reply_.body += bytes;
  } else {
    reply_.body.clear();
    enough_ = !good;
    return false;
  }
  return !enough_;
}

void S3Client::Exchange::OnEnd(int error) {
  const auto self = shared_from_this();
  // What came is an answer, of which only too much was said.
  if (enough_) error = 0;
  reply_.ok = error == 0 && IsGood(head_.status) && !IsError(reply_.body);
  NoteAttempt(error);
  reply_.etag = head_.etag;
  reply_.content_range = head_.content_range;
  if (progress_) progress_->Join(&reply_.content_range, &reply_.bytes);
  if (!reply_.ok) Fail(error);
  switch (answered_ || client_.IsClosing() ? Next::kNothing : Decide()) {
    case Next::kNothing:
      return Finish();
    case Next::kAtOnce:
      return Try();
    case Next::kLater:
      client_.service_->RunLater(budget_.Pause(Chance()), [self] { self->Try(); });
  }
}

void S3Client::Exchange::NoteAttempt(int error) {
  LogAttempt(error);
  if (answered_) return;
  if (++attempts_ > 1) client_.NoteRetry(call_);
  if (IsThrottling(head_.status) && client_.throttled_) client_.throttled_();
}

void S3Client::Exchange::LogAttempt(int error) const {
  if (!client_.logger_.Enabled(cq::LogLevel::kDebug)) return;
  const std::chrono::duration<double, std::milli> took =
      std::chrono::steady_clock::now() - began_;
  client_.logger_.Debug(
      reply_.ok ? "S3 request" : "S3 request failed",
      {{"operation", call_.operation},
       {"bucket", client_.target_.bucket},
       {"name", cq::Printable(call_.name)},
       {"attempt", attempts_ + 1},
       {"status", head_.status},
       {"request_id", cq::Printable(head_.request_id, kMaxRequestIdBytes)},
       {"milliseconds", took.count()},
       {"error", error == 0 ? "" : aws_error_name(error)}});
}

void S3Client::Exchange::Fail(int error) {
  S3Failure& failure = reply_.failure;
  if (error != 0) {
    failure.crt_error = aws_error_name(error);
    failure.crt_text = aws_error_str(error);
  }
  failure.http_status = head_.status;
  failure.bucket_region = head_.bucket_region;
  failure.request_id = head_.request_id;
  if (error == 0) failure.body = std::move(reply_.body);
}

S3Client::Exchange::Next S3Client::Exchange::Decide() {
  if (reply_.ok) {
    const bool sound = !call_.is_sound || call_.is_sound(reply_);
    return sound || std::exchange(forgiven_.unsound, true) ? Next::kNothing
                                                           : Next::kAtOnce;
  }
  const S3Failure& failure = reply_.failure;
  if (!failure.crt_error.empty()) return DecideAfterBreak();
  if (SaysSkewed(failure)) {
    client_.SignWithServersClock();
    return std::exchange(forgiven_.skewed, true) ? Next::kNothing : Next::kAtOnce;
  }
  if (client_.service_->Recover(access_, failure, forgiven_)) return Next::kAtOnce;
  return MayPass(failure) && budget_.Spend() ? Next::kLater : Next::kNothing;
}

S3Client::Exchange::Next S3Client::Exchange::DecideAfterBreak() {
  if (!MayPass(reply_.failure)) return Next::kNothing;
  const bool retries = client_.retry_limits_.retries > 0;
  if (retries && progress_ && progress_->IsWorthAnAttempt(progress_->Keep()))
    return Next::kAtOnce;
  return budget_.Spend() ? Next::kLater : Next::kNothing;
}

void S3Client::Exchange::Finish() {
  on_stop_.reset();
  access_ = {};
  {
    std::lock_guard lock(mutex_);
    attempt_ = nullptr;
  }
  // The bytes are the caller's alone from here on.
  progress_.reset();
  reply_.failure.attempts = attempts_;
  if (!reply_.ok) {
    reply_.stopped = client_.IsClosing();
    reply_.failure.clock_ahead = client_.ClockOffset();
    client_.service_->credentials().Explain(reply_.failure);
  }
  Answer(std::move(reply_));
  client_.Forget(place_);
}

}  // namespace s3source
