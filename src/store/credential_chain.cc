#include "store/credential_chain.h"

#include <aws/auth/credentials.h>
#include <aws/common/error.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace s3source::crt {
namespace {

constexpr uint64_t kRefreshMilliseconds = 900'000;

/// A provider that notes what another one answers. It deletes itself when the library
/// lets go of it.
class Noting {
 public:
  using Note = std::function<void(int error)>;

  /// Takes `inner`, of which somebody else begins and ends Pending.
  static aws_credentials_provider* Make(Runtime& runtime, aws_credentials_provider* inner,
                                        Note note) {
    auto noting = std::unique_ptr<Noting>(new Noting(runtime, inner, std::move(note)));
    aws_credentials_provider_delegate_options options{};
    options.shutdown_options = {OnShutdown, noting.get()};
    options.get_credentials = Get;
    options.delegate_user_data = noting.get();
    runtime.pending().Begin();
    auto* provider = aws_credentials_provider_new_delegate(runtime.allocator(), &options);
    if (provider == nullptr) {
      Pending::End(&runtime.pending());
      aws_credentials_provider_release(inner);
      return nullptr;
    }
    static_cast<void>(noting.release());  // the library's now
    return provider;
  }

 private:
  struct Question {
    const Note& note;
    aws_on_get_credentials_callback_fn* callback;
    void* user_data;
  };

  Noting(Runtime& runtime, aws_credentials_provider* inner, Note note)
      : runtime_(runtime), inner_(inner), note_(std::move(note)) {}

  static int Get(void* self, aws_on_get_credentials_callback_fn callback,
                 void* user_data) {
    auto* noting = static_cast<Noting*>(self);
    auto question =
        std::make_unique<Question>(Question{noting->note_, callback, user_data});
    if (aws_credentials_provider_get_credentials(noting->inner_, OnAnswer,
                                                 question.get()) == 0) {
      static_cast<void>(question.release());  // the callback's now
      return 0;
    }
    // A chain would wait for ever behind a place that cannot be asked.
    OnAnswer(nullptr, aws_last_error(), question.release());
    return 0;
  }

  static void OnAnswer(aws_credentials* credentials, int error, void* user_data) {
    const std::unique_ptr<Question> question(static_cast<Question*>(user_data));
    if (credentials != nullptr) {
      error = 0;
    } else if (error == 0) {
      error = AWS_AUTH_SIGNING_NO_CREDENTIALS;
    }
    question->note(error);
    // May end the provider, and with it the note.
    question->callback(credentials, error, question->user_data);
  }

  static void OnShutdown(void* self) {
    const std::unique_ptr<Noting> noting(static_cast<Noting*>(self));
    aws_credentials_provider_release(noting->inner_);
    Pending::End(&noting->runtime_.pending());
  }

  Runtime& runtime_;
  aws_credentials_provider* const inner_;
  const Note note_;
};

/// Collects providers; what a place has no settings for does not become one.
class Chain {
 public:
  Chain(Runtime& runtime, const S3Options& options,
        std::shared_ptr<CredentialAnswers> answers)
      : runtime_(runtime), options_(options), answers_(std::move(answers)) {}

  enum class Keys { kNone, kHalfAPair, kFound };

  /// Asks for each variable once, as it may change in between.
  Keys AddEnvironmentKeys() {
    const auto key = Variable("AWS_ACCESS_KEY_ID");
    const auto secret = Variable("AWS_SECRET_ACCESS_KEY");
    if (!key && !secret) return Keys::kNone;
    if (!key || !secret) return Keys::kHalfAPair;
    const auto token = Variable("AWS_SESSION_TOKEN");
    aws_credentials_provider_static_options options{};
    options.access_key_id = Cursor(*key);
    options.secret_access_key = Cursor(*secret);
    if (token) options.session_token = Cursor(*token);
    Add(CredentialPlace::kEnvironment, options, aws_credentials_provider_new_static);
    return Keys::kFound;
  }

  void AddProfile() {
    aws_credentials_provider_profile_options keys{};
    keys.bootstrap = runtime_.bootstrap();
    keys.tls_ctx = runtime_.tls();
    keys.profile_name_override = Profile();
    Add(CredentialPlace::kProfile, keys, aws_credentials_provider_new_profile);

    aws_credentials_provider_sso_options sso{};
    sso.bootstrap = runtime_.bootstrap();
    sso.tls_ctx = runtime_.tls();
    sso.profile_name_override = Profile();
    Add(CredentialPlace::kSso, sso, aws_credentials_provider_new_sso);

    aws_credentials_provider_process_options process{};
    process.profile_to_use = Profile();
    Add(CredentialPlace::kProcess, process, aws_credentials_provider_new_process);
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
    Add(CredentialPlace::kWebIdentity, options,
        aws_credentials_provider_new_sts_web_identity);
  }

  /// The container's service where its variables are set, else the instance's unless
  /// switched off.
  void AddMachine() {
    aws_credentials_provider_ecs_environment_options container{};
    container.bootstrap = runtime_.bootstrap();
    container.tls_ctx = runtime_.tls();
    if (Add(CredentialPlace::kContainer, container,
            aws_credentials_provider_new_ecs_from_environment)) {
      return;
    }
    const auto disabled = Variable("AWS_EC2_METADATA_DISABLED");
    if (disabled && *disabled != "false") return;
    aws_credentials_provider_imds_options instance{};
    instance.bootstrap = runtime_.bootstrap();
    Add(CredentialPlace::kInstance, instance, aws_credentials_provider_new_imds);
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
    auto* noted = Noting::Make(
        runtime_, chain, [answers = answers_](int error) { answers->SetOutcome(error); });
    if (noted == nullptr) return nullptr;
    aws_credentials_provider_cached_options cached_options{};
    cached_options.source = noted;
    cached_options.refresh_time_in_milliseconds = kRefreshMilliseconds;
    auto* cached =
        aws_credentials_provider_new_cached(runtime_.allocator(), &cached_options);
    aws_credentials_provider_release(noted);
    return cached;
  }

 private:
  /// A cursor to an empty text would be a profile without a name.
  aws_byte_cursor Profile() const {
    return options_.profile.empty() ? aws_byte_cursor{} : Cursor(options_.profile);
  }

  std::optional<std::string> Variable(const char* name) const {
    return VariableOf(options_.environment, name);
  }

  template <typename ProviderOptions>
  bool Add(CredentialPlace place, ProviderOptions& options,
           aws_credentials_provider* (*make)(aws_allocator*, const ProviderOptions*)) {
    options.shutdown_options = {Pending::End, &runtime_.pending()};
    // Begun before: a provider may end on another thread as soon as it is there.
    runtime_.pending().Begin();
    auto* provider = make(runtime_.allocator(), &options);
    if (provider == nullptr) {
      Pending::End(&runtime_.pending());
      return false;
    }
    answers_->Set(place, CredentialAnswers::kNone);
    auto* noted = Noting::Make(
        runtime_, provider,
        [answers = answers_, place](int error) { answers->Set(place, error); });
    if (noted != nullptr) providers_.push_back(noted);
    return noted != nullptr;
  }

  Runtime& runtime_;
  const S3Options& options_;
  const std::shared_ptr<CredentialAnswers> answers_;
  std::vector<aws_credentials_provider*> providers_;
};

std::shared_ptr<aws_credentials_provider> Held(aws_credentials_provider* provider) {
  if (provider == nullptr) return nullptr;
  return {provider, [](auto* p) { aws_credentials_provider_release(p); }};
}

/// Its credentials sign nothing.
std::shared_ptr<aws_credentials_provider> Anonymous(Runtime& runtime) {
  return Held(aws_credentials_provider_new_anonymous(runtime.allocator(), nullptr));
}

}  // namespace

void CredentialAnswers::Set(CredentialPlace place, int answer) {
  std::lock_guard lock(mutex_);
  by_place_[place] = answer;
}

void CredentialAnswers::SetOutcome(int error) {
  std::lock_guard lock(mutex_);
  failed_ = error != 0;
}

CredentialAnswers::ByPlace CredentialAnswers::by_place() const {
  std::lock_guard lock(mutex_);
  return by_place_;
}

bool CredentialAnswers::failed() const {
  std::lock_guard lock(mutex_);
  return failed_;
}

bool IsHalfAPair(const Environment& environment) {
  return VariableOf(environment, "AWS_ACCESS_KEY_ID").has_value() !=
         VariableOf(environment, "AWS_SECRET_ACCESS_KEY").has_value();
}

std::shared_ptr<aws_credentials_provider> MakeCredentialChain(
    Runtime& runtime, const S3Options& options,
    const std::shared_ptr<CredentialAnswers>& answers) {
  if (options.anonymous) return Anonymous(runtime);
  Chain chain(runtime, options, answers);
  if (!options.profile.empty()) {
    chain.AddProfile();
    chain.AddWebIdentityOfProfile();
  } else {
    const auto keys = chain.AddEnvironmentKeys();
    if (keys == Chain::Keys::kHalfAPair) return nullptr;
    // Keys always are an answer: no place behind them would be asked.
    if (keys == Chain::Keys::kNone) {
      chain.AddWebIdentity();
      chain.AddProfile();
      chain.AddMachine();
    }
  }
  return Held(chain.Make());
}

}  // namespace s3source::crt
