#include "store/s3_credentials.h"

#include <aws/auth/credentials.h>
#include <aws/common/error.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/fault.h"

namespace s3source::crt {
namespace {

constexpr uint64_t kRefreshMilliseconds = 900'000;

/// Collects providers; what a place has no settings for does not become one.
class Chain {
 public:
  Chain(Runtime& runtime, const S3Options& options)
      : runtime_(runtime), options_(options) {}

  bool AddEnvironmentKeys() {
    const auto key = Variable("AWS_ACCESS_KEY_ID");
    const auto secret = Variable("AWS_SECRET_ACCESS_KEY");
    if (!key || !secret) return false;
    const auto token = Variable("AWS_SESSION_TOKEN");
    aws_credentials_provider_static_options options{};
    options.access_key_id = Cursor(*key);
    options.secret_access_key = Cursor(*secret);
    if (token) options.session_token = Cursor(*token);
    return Add(options, aws_credentials_provider_new_static);
  }

  void AddProfile() {
    aws_credentials_provider_profile_options keys{};
    keys.bootstrap = runtime_.bootstrap();
    keys.tls_ctx = runtime_.tls();
    keys.profile_name_override = Profile();
    Add(keys, aws_credentials_provider_new_profile);

    aws_credentials_provider_sso_options sso{};
    sso.bootstrap = runtime_.bootstrap();
    sso.tls_ctx = runtime_.tls();
    sso.profile_name_override = Profile();
    Add(sso, aws_credentials_provider_new_sso);

    aws_credentials_provider_process_options process{};
    process.profile_to_use = Profile();
    Add(process, aws_credentials_provider_new_process);
  }

  /// The library prefers the environment's role and token to the profile's. Beside a
  /// named profile they would make a slip in its name sign as somebody else.
  void AddWebIdentityOfProfile() {
    if (Variable("AWS_ROLE_ARN") || Variable("AWS_WEB_IDENTITY_TOKEN_FILE")) return;
    AddWebIdentity();
  }

  void AddWebIdentity() {
    aws_credentials_provider_sts_web_identity_options options{};
    options.bootstrap = runtime_.bootstrap();
    options.tls_ctx = runtime_.tls();
    options.profile_name_override = Profile();
    Add(options, aws_credentials_provider_new_sts_web_identity);
  }

  /// The container's service where its variables are set, else the instance's unless
  /// switched off.
  void AddMachine() {
    aws_credentials_provider_ecs_environment_options container{};
    container.bootstrap = runtime_.bootstrap();
    container.tls_ctx = runtime_.tls();
    if (Add(container, aws_credentials_provider_new_ecs_from_environment)) return;
    const auto disabled = Variable("AWS_EC2_METADATA_DISABLED");
    if (disabled && *disabled != "false") return;
    aws_credentials_provider_imds_options instance{};
    instance.bootstrap = runtime_.bootstrap();
    Add(instance, aws_credentials_provider_new_imds);
  }

  aws_credentials_provider* Make() {
    if (providers_.empty()) return nullptr;
    aws_credentials_provider_chain_options chain_options{};
    chain_options.providers = providers_.data();
    chain_options.provider_count = providers_.size();
    auto* chain =
        aws_credentials_provider_new_chain(runtime_.allocator(), &chain_options);
    for (auto* provider : providers_) aws_credentials_provider_release(provider);
    if (chain == nullptr) return nullptr;
    aws_credentials_provider_cached_options cached_options{};
    cached_options.source = chain;
    cached_options.refresh_time_in_milliseconds = kRefreshMilliseconds;
    auto* cached =
        aws_credentials_provider_new_cached(runtime_.allocator(), &cached_options);
    aws_credentials_provider_release(chain);
    return cached;
  }

 private:
  /// A cursor to an empty text would be a profile without a name.
  aws_byte_cursor Profile() const {
    return options_.profile.empty() ? aws_byte_cursor{} : Cursor(options_.profile);
  }

  std::optional<std::string> Variable(const char* name) const {
    auto value = options_.environment ? options_.environment(name) : std::nullopt;
    return value && !value->empty() ? value : std::nullopt;
  }

  template <typename ProviderOptions>
  bool Add(ProviderOptions& options,
           aws_credentials_provider* (*make)(aws_allocator*, const ProviderOptions*)) {
    options.shutdown_options = {Pending::End, &runtime_.pending()};
    // Begun before: a provider may end on another thread as soon as it is there.
    runtime_.pending().Begin();
    auto* provider = make(runtime_.allocator(), &options);
    if (provider == nullptr) {
      Pending::End(&runtime_.pending());
      return false;
    }
    providers_.push_back(provider);
    return true;
  }

  Runtime& runtime_;
  const S3Options& options_;
  std::vector<aws_credentials_provider*> providers_;
};

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
  Chain chain(runtime_, options_);
  if (!options_.profile.empty()) {
    chain.AddProfile();
    chain.AddWebIdentityOfProfile();
  } else if (!chain.AddEnvironmentKeys()) {
    // Keys always are an answer: no place behind them would be asked.
    chain.AddWebIdentity();
    chain.AddProfile();
    chain.AddMachine();
  }
  auto* provider = chain.Make();
  if (provider == nullptr) return nullptr;
  return {provider, [](auto* p) { aws_credentials_provider_release(p); }};
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

arrow::Status Credentials::Await(const S3Target& target, const std::stop_token& stop) {
  if (stop.stop_requested()) return MakeFault(FaultReason::kCancelled, "stopped");
  S3Failure failure;
  failure.crt_error = aws_error_name(AWS_AUTH_SIGNING_NO_CREDENTIALS);
  failure.crt_text = aws_error_str(AWS_AUTH_SIGNING_NO_CREDENTIALS);
  const auto provider = this->provider();
  if (provider == nullptr) return FaultOf(target, failure);

  auto lookup = std::make_shared<Lookup>();
  auto held = std::make_unique<std::shared_ptr<Lookup>>(lookup);
  if (aws_credentials_provider_get_credentials(provider.get(), OnCredentials,
                                               held.get()) != 0) {
    failure.crt_text = aws_error_str(aws_last_error());
    return FaultOf(target, failure);
  }
  static_cast<void>(held.release());  // the callback's now

  std::unique_lock lock(lookup->mutex);
  const bool ended = lookup->done.wait_for(lock, stop, options_.credentials_timeout,
                                           [&] { return lookup->ended; });
  if (!ended && stop.stop_requested())
    return MakeFault(FaultReason::kCancelled, "stopped");
  if (!ended) {
    failure.crt_text = "no answer in time";
    return FaultOf(target, failure);
  }
  if (lookup->error == 0) return arrow::Status::OK();
  // Whatever made the last place fail, a timeout of the instance's service for example,
  // the finding is that there are no credentials; the name of a cause we explain stays.
  const std::string name = aws_error_name(lookup->error);
  if (name.starts_with("AWS_AUTH_")) failure.crt_error = name;
  failure.crt_text = aws_error_str(lookup->error);
  return FaultOf(target, failure);
}

}  // namespace s3source::crt
