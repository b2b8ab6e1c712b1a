#include "store/credential_findings.h"

#include <aws/auth/auth.h>
#include <aws/common/allocator.h>
#include <aws/common/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "cloudquery/log/printable.h"
#include "store/shared_profiles.h"

namespace s3source::crt {
namespace {

using Place = CredentialPlace;

constexpr const char* kContainerUri = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr const char* kContainerTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
constexpr const char* kTokenFile = "AWS_WEB_IDENTITY_TOKEN_FILE";

std::string Quoted(const std::string& text) { return "\"" + cq::Printable(text) + "\""; }

bool IsReadable(const std::string& path) { return std::ifstream(path).is_open(); }

/// A service was reached and said no, or nothing of use.
bool IsRefusal(int error) {
  return error == AWS_AUTH_CREDENTIALS_PROVIDER_HTTP_STATUS_FAILURE ||
         error == AWS_AUTH_CREDENTIALS_PROVIDER_STS_SOURCE_FAILURE ||
         error == AWS_AUTH_CREDENTIALS_PROVIDER_STS_WEB_IDENTITY_SOURCE_FAILURE ||
         error == AWS_AUTH_PROVIDER_PARSER_UNEXPECTED_RESPONSE;
}

bool IsNetworkError(int error) {
  const std::string_view name = aws_error_name(error);
  return name.starts_with("AWS_IO_") || name.starts_with("AWS_ERROR_HTTP_");
}

class Findings {
 public:
  Findings(const S3Options& options, const CredentialAnswers::ByPlace& answers)
      : options_(options), answers_(answers), profiles_(aws_default_allocator()) {}

  CredentialFindings Make() {
    if (!options_.profile.empty()) {
      LookAtProfile(options_.profile, "field local_profile");
    } else {
      LookAtEnvironment();
      if (!IsHalfAPair(options_.environment)) {
        LookAtWebIdentity();
        LookAtDefaultProfile();
        LookAtContainer();
        LookAtInstance();
      }
    }
    if (found_.empty()) AddNothing();
    CredentialFindings findings{{}, error_};
    for (const std::string& text : found_) {
      findings.text += (findings.text.empty() ? "" : "; ") + text;
    }
    return findings;
  }

 private:
  std::string Variable(const char* name) const {
    return VariableOf(options_.environment, name).value_or("");
  }

  /// The library's error for this place; kNone where it has not answered, nothing where
  /// it was not asked.
  std::optional<int> Answer(Place place) const {
    const auto found = answers_.find(place);
    return found == answers_.end() ? std::nullopt : std::optional(found->second);
  }

  template <typename... Parts>
  void Add(std::optional<int> error, fmt::format_string<Parts...> text,
           Parts&&... parts) {
    // Of the text's own meaning.
    const bool says_nothing = error == AWS_AUTH_SIGNING_NO_CREDENTIALS;
    if (found_.empty() && error && !says_nothing) error_ = *error;
    found_.push_back(fmt::format(text, std::forward<Parts>(parts)...));
  }

  void LookAtEnvironment() {
    const bool has_key = !Variable("AWS_ACCESS_KEY_ID").empty();
    if (!IsHalfAPair(options_.environment)) return;
    Add({}, "environment variable {} is set, but {} is not: set both, or none",
        has_key ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
        has_key ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
  }

  void LookAtWebIdentity() {
    const std::string role = Variable("AWS_ROLE_ARN");
    const std::string file = Variable(kTokenFile);
    if (role.empty() && file.empty()) return;
    const auto answer = Answer(Place::kWebIdentity);
    if (!answer && (role.empty() || file.empty())) {
      return Add({}, "web identity: environment variable {} is set, but {} is not",
                 role.empty() ? kTokenFile : "AWS_ROLE_ARN",
                 role.empty() ? "AWS_ROLE_ARN" : kTokenFile);
    }
    LookAtWebIdentity(role, file, std::string("environment variable ") + kTokenFile,
                      "AWS_ROLE_ARN and the token", "web identity");
  }

  void LookAtWebIdentity(const std::string& role, const std::string& file,
                         const std::string& file_setting, const std::string& to_check,
                         const std::string& of) {
    const auto answer = Answer(Place::kWebIdentity);
    if (!file.empty() && !IsReadable(file)) {
      return Add(answer, "{}: {} names {}, which cannot be read", of, file_setting,
                 cq::Printable(file));
    }
    if (!answer) {
      return Add({}, "{}: no region for AWS's token service; set AWS_REGION", of);
    }
    if (IsRefusal(*answer)) {
      return Add(answer,
                 "AWS's token service refused the role {} to {}; check {} that {} names, "
                 "and the role's trust policy",
                 cq::Printable(role), of, to_check, file_setting);
    }
    AddUnanswered(*answer, "AWS's token service", "AWS_ENDPOINT_URL_STS",
                  fmt::format("the role {} of {}", cq::Printable(role), of));
  }

  void LookAtDefaultProfile() {
    const std::string name = profiles_.default_name();
    const bool chosen = !Variable("AWS_PROFILE").empty();
    if (!chosen && !profiles_.Has(name)) return;
    LookAtProfile(name, chosen ? "environment variable AWS_PROFILE" : "the default");
  }

  std::string Value(const std::string& profile, const char* name) const {
    return profiles_.Value(profile, name);
  }

  /// `from` says who chose the profile.
  void LookAtProfile(const std::string& name, const std::string& from) {
    const std::string profile = fmt::format("profile {} ({})", Quoted(name), from);
    if (!profiles_.Has(name)) return AddMissing(name, profile);
    const bool has_sso = !Value(name, "sso_session").empty() ||
                         !Value(name, "sso_start_url").empty() ||
                         !Value(name, "sso_account_id").empty();
    if (!Value(name, "web_identity_token_file").empty()) {
      const std::string role = Value(name, "role_arn");
      if (role.empty()) {
        return Add({}, "{} has web_identity_token_file, but no role_arn", profile);
      }
      LookAtWebIdentity(role, Value(name, "web_identity_token_file"),
                        "web_identity_token_file", "the token", profile);
    } else if (!Value(name, "role_arn").empty()) {
      LookAtRole(name, profile);
    } else if (has_sso) {
      LookAtSso(name, profile);
    } else if (!Value(name, "credential_process").empty()) {
      Add(Answer(Place::kProcess),
          "the credential_process of {} did not print credentials in the form that AWS's "
          "tools take; run it by hand",
          profile);
    } else {
      AddKeyless(name, profile);
    }
  }

  void AddMissing(const std::string& name, const std::string& profile) {
    std::string remedy;
    const std::string nearest = profiles_.Nearest(name);
    if (profiles_.LacksItsWord(name)) {
      remedy = fmt::format("; in {} its section must begin with [profile {}]",
                           cq::Printable(profiles_.config_path()), cq::Printable(name));
    } else if (!nearest.empty()) {
      remedy = fmt::format("; did you mean {}?", Quoted(nearest));
    }
    Add({}, "there is no {} in {} or {}{}", profile,
        cq::Printable(profiles_.config_path()),
        cq::Printable(profiles_.credentials_path()), remedy);
  }

  void AddKeyless(const std::string& name, const std::string& profile) {
    const bool has_key = !Value(name, "aws_access_key_id").empty();
    const bool has_secret = !Value(name, "aws_secret_access_key").empty();
    const auto answer = Answer(Place::kProfile);
    if (has_key != has_secret) {
      return Add(answer, "{} has {}, but no {}", profile,
                 has_key ? "aws_access_key_id" : "aws_secret_access_key",
                 has_key ? "aws_secret_access_key" : "aws_access_key_id");
    }
    if (has_key) return Add(answer, "the keys of {} cannot be used", profile);
    Add(answer,
        "{} has no credentials: neither aws_access_key_id and aws_secret_access_key, nor "
        "role_arn, sso_session, credential_process or web_identity_token_file",
        profile);
  }

  void LookAtRole(const std::string& name, const std::string& profile) {
    const std::string source = Value(name, "source_profile");
    const std::string place = Value(name, "credential_source");
    const auto answer = Answer(Place::kProfile);
    std::string keys;
    if (!source.empty()) {
      keys = fmt::format("source_profile {}", Quoted(source));
      const size_t before = found_.size();
      LookAtSource(source, fmt::format("{} of {}", keys, profile));
      if (found_.size() > before) return;
    } else if (place.empty()) {
      return Add({}, "{} has role_arn, but neither source_profile nor credential_source",
                 profile);
    } else {
      keys = "credential_source = " + cq::Printable(place);
      if (LookAtCredentialSource(place, keys, profile)) return;
    }
    const std::string role = cq::Printable(Value(name, "role_arn"));
    if (answer && IsRefusal(*answer)) {
      return Add(answer,
                 "AWS's token service refused the role {} of {}; check role_arn, "
                 "external_id, that the keys of {} hold and may assume it, and the "
                 "role's trust policy; `aws sts get-caller-identity --profile {}` says "
                 "why",
                 role, profile, keys, cq::Printable(name));
    }
    // The library does not tell keys that are not there from a service that is not.
    if (answer == AWS_AUTH_SIGNING_NO_CREDENTIALS && !HasKeys(source)) {
      return Add(answer,
                 "either {} has no keys to assume the role {} of {} with, or AWS's token "
                 "service cannot be reached",
                 keys, role, profile);
    }
    AddUnanswered(answer.value_or(CredentialAnswers::kNone), "AWS's token service",
                  "AWS_ENDPOINT_URL_STS",
                  fmt::format("the role {} of {}", role, profile));
  }

  /// Adds what is wrong with the profile that a role's keys come from, if anything.
  void LookAtSource(const std::string& name, const std::string& source) {
    if (!profiles_.Has(name)) return AddMissing(name, source);
    const bool role = !Value(name, "role_arn").empty();
    if (!role && !HasKeys(name)) AddKeyless(name, source);
  }

  bool HasKeys(const std::string& profile) const {
    return !Value(profile, "aws_access_key_id").empty() &&
           !Value(profile, "aws_secret_access_key").empty();
  }

  bool LookAtCredentialSource(const std::string& place, const std::string& keys,
                              const std::string& profile) {
    const auto is = [&](std::string_view known) {
      return std::equal(place.begin(), place.end(), known.begin(), known.end(),
                        [](unsigned char a, unsigned char b) {
                          return std::tolower(a) == std::tolower(b);
                        });
    };
    const bool no_keys = Variable("AWS_ACCESS_KEY_ID").empty() ||
                         Variable("AWS_SECRET_ACCESS_KEY").empty();
    if (is("Environment") && no_keys) {
      Add(Answer(Place::kProfile),
          "{} has {}, but environment variables AWS_ACCESS_KEY_ID and "
          "AWS_SECRET_ACCESS_KEY are not both set",
          profile, keys);
      return true;
    }
    if (is("Environment") || is("Ec2InstanceMetadata") || is("EcsContainer")) {
      return false;
    }
    Add({}, "{} has {}; known are Environment, Ec2InstanceMetadata and EcsContainer",
        profile, keys);
    return true;
  }

  void LookAtSso(const std::string& name, const std::string& profile) {
    const std::string session = Value(name, "sso_session");
    if (!session.empty() && !profiles_.HasSsoSession(session)) {
      return Add({}, "{} has sso_session = {}, but {} has no section [sso-session {}]",
                 profile, cq::Printable(session), cq::Printable(profiles_.config_path()),
                 cq::Printable(session));
    }
    const auto answer = Answer(Place::kSso);
    if (!answer) {
      return Add({},
                 "{} lacks one of sso_account_id, sso_role_name, sso_start_url and "
                 "sso_region (the last two in its sso-session)",
                 profile);
    }
    const std::string login =
        fmt::format("`aws sso login --profile {}`", cq::Printable(name));
    if (*answer == AWS_AUTH_SSO_TOKEN_EXPIRED) {
      return Add(answer, "the SSO login of {} has expired; run {}", profile, login);
    }
    if (IsRefusal(*answer)) {
      return Add(
          answer,
          "the SSO portal refused role {} of account {} to {}; check sso_role_name "
          "and sso_account_id, or log in again with {}",
          cq::Printable(Value(name, "sso_role_name")),
          cq::Printable(Value(name, "sso_account_id")), profile, login);
    }
    if (IsNetworkError(*answer) || *answer == CredentialAnswers::kNone) {
      return AddUnanswered(*answer, "the SSO portal", "AWS_ENDPOINT_URL_SSO", profile);
    }
    Add(answer, "nobody is logged in by SSO for {}; run {}", profile, login);
  }

  /// A service that did not say no: it is not there, or not where it was looked for.
  void AddUnanswered(int error, const char* service, const char* variable,
                     const std::string& wanted) {
    std::string remedy = "check the network, and the region";
    const std::string own = Variable(variable);
    if (!own.empty()) {
      remedy = fmt::format(
          "{} must be the service's host name alone, without https:// and a port",
          variable);
    } else if (!Variable("AWS_ENDPOINT_URL").empty()) {
      remedy =
          "AWS_ENDPOINT_URL is taken for this service as well; unset it, and name the "
          "store with `endpoint` or AWS_ENDPOINT_URL_S3";
    }
    Add(error, "{} cannot be reached for {}; {}", service, wanted, remedy);
  }

  void LookAtContainer() {
    const bool relative = !Variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").empty();
    const std::string uri = Variable(kContainerUri);
    if (!relative && uri.empty()) return;
    const auto answer = Answer(Place::kContainer);
    const std::string file = Variable(kContainerTokenFile);
    if (!file.empty() && !IsReadable(file)) {
      return Add(answer,
                 "the container's service: environment variable {} names {}, "
                 "which cannot be read",
                 kContainerTokenFile, cq::Printable(file));
    }
    if (!answer || *answer == AWS_AUTH_CREDENTIALS_PROVIDER_ECS_INVALID_HOST) {
      return Add(answer,
                 "environment variable {} must begin with https://, or be an address of "
                 "this machine, of ECS or of EKS",
                 kContainerUri);
    }
    if (IsNetworkError(*answer) || *answer == CredentialAnswers::kNone) {
      return Add(answer,
                 "the container's service cannot be reached; check environment variable "
                 "{}",
                 relative ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" : kContainerUri);
    }
    Add(answer,
        "the container's service refused to give credentials; check the role of the task "
        "or pod, and {}",
        file.empty() ? "AWS_CONTAINER_AUTHORIZATION_TOKEN" : kContainerTokenFile);
  }

  void LookAtInstance() {
    const auto answer = Answer(Place::kInstance);
    if (!answer || *answer == CredentialAnswers::kNone || IsNetworkError(*answer)) return;
    if (Variable("AWS_EC2_METADATA_SERVICE_ENDPOINT").empty() && !found_.empty()) return;
    Add(answer,
        "the instance's service gave no credentials; give the instance a role, or other "
        "credentials to the plugin");
  }

  /// Nobody has set up anything.
  void AddNothing() {
    const auto answer = Answer(Place::kInstance);
    Add(answer,
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or "
        "`local_profile`; looked at the environment, web identity, profile {} of {} and "
        "{}, the container's service and the instance's{}",
        Quoted(profiles_.default_name()), cq::Printable(profiles_.config_path()),
        cq::Printable(profiles_.credentials_path()),
        answer ? "" : " (switched off by AWS_EC2_METADATA_DISABLED)");
  }

  const S3Options& options_;
  const CredentialAnswers::ByPlace& answers_;
  const SharedProfiles profiles_;
  std::vector<std::string> found_;
  int error_ = CredentialAnswers::kNone;
};

}  // namespace

CredentialFindings FindCredentialFaults(const S3Options& options,
                                        const CredentialAnswers::ByPlace& answers) {
  return Findings(options, answers).Make();
}

}  // namespace s3source::crt
