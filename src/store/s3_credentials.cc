#include "store/s3_credentials.h"

#include <aws/auth/credentials.h>
#include <aws/common/error.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "store/credential_findings.h"
#include "store/credential_source.h"
#include "store/fault.h"

namespace s3source::crt {
namespace {

/// What a look-up came to. Shared with a callback that may come after the wait was given
/// up.
struct Lookup {
  std::mutex mutex;
  std::condition_variable_any done;
  bool ended = false;
  int error = 0;
};

void OnCredentials(aws_credentials* credentials, int error, void* user_data) {
  const std::unique_ptr<std::shared_ptr<Lookup>> lookup(
      static_cast<std::shared_ptr<Lookup>*>(user_data));
  std::lock_guard lock((*lookup)->mutex);
  (*lookup)->ended = true;
  (*lookup)->error =
      credentials != nullptr ? 0 : (error != 0 ? error : AWS_AUTH_SIGNING_NO_CREDENTIALS);
  (*lookup)->done.notify_all();
}

}  // namespace

Credentials::Credentials(Runtime& runtime, const S3Options& options)
    : runtime_(runtime), options_(options), provider_(Make()) {}

std::shared_ptr<aws_credentials_provider> Credentials::Make() {
  answers_ = std::make_shared<CredentialAnswers>();
  return MakeCredentialChain(runtime_, options_, answers_);
}

std::shared_ptr<aws_credentials_provider> Credentials::provider() const {
  std::lock_guard lock(mutex_);
  return provider_;
}

bool Credentials::Renew(const std::shared_ptr<aws_credentials_provider>& refused,
                        const std::function<void()>& renewing) {
  std::lock_guard lock(mutex_);
  if (provider_ != refused) return true;
  renewing();
  auto renewed = Make();
  if (renewed == nullptr) return false;
  provider_ = std::move(renewed);
  return true;
}

S3Failure Credentials::Findings() const {
  std::shared_ptr<CredentialAnswers> answers;
  {
    std::lock_guard lock(mutex_);
    answers = answers_;
  }
  const auto findings = FindCredentialFaults(options_, answers->by_place());
  S3Failure failure;
  failure.no_credentials = findings.text;
  if (findings.error > 0) {
    failure.crt_error = aws_error_name(findings.error);
    failure.crt_text = aws_error_str(findings.error);
  }
  return failure;
}

void Credentials::Explain(S3Failure& failure) const {
  if (failure.crt_error == "AWS_ERROR_HTTP_STREAM_CANCELLED") return;
  std::shared_ptr<CredentialAnswers> answers;
  {
    std::lock_guard lock(mutex_);
    answers = answers_;
    if (failure.http_status == 0 && provider_ != nullptr && !answers_->failed()) return;
  }
  if (failure.http_status != 0) {
    const bool refused = failure.http_status >= 400 && failure.http_status <= 403;
    if (refused) failure.credentials_from = NameSource(options_, answers->by_place());
    return;
  }
  const S3Failure findings = Findings();
  failure.no_credentials = findings.no_credentials;
  failure.crt_error = findings.crt_error;
  failure.crt_text = findings.crt_text;
}

arrow::Status Credentials::Await(const S3Target& target, const std::stop_token& stop) {
  if (stop.stop_requested()) return MakeFault(FaultReason::kCancelled, "stopped");
  const auto provider = this->provider();
  if (provider == nullptr) return FaultOf(target, Findings());

  auto lookup = std::make_shared<Lookup>();
  auto held = std::make_unique<std::shared_ptr<Lookup>>(lookup);
  if (aws_credentials_provider_get_credentials(provider.get(), OnCredentials,
                                               held.get()) != 0) {
    return FaultOf(target, Findings());
  }
  static_cast<void>(held.release());  // the callback's now

  std::unique_lock lock(lookup->mutex);
  const bool ended = lookup->done.wait_for(lock, stop, options_.credentials_timeout,
                                           [&] { return lookup->ended; });
  if (!ended && stop.stop_requested())
    return MakeFault(FaultReason::kCancelled, "stopped");
  if (ended && lookup->error == 0) return arrow::Status::OK();
  return FaultOf(target, Findings());
}

}  // namespace s3source::crt
