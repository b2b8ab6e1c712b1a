#include "store/credential_source.h"

#include <aws/common/allocator.h>
#include <fmt/format.h>

#include <algorithm>

#include "cloudquery/log/printable.h"
#include "store/shared_profiles.h"

namespace s3source::crt {

std::string NameSource(const S3Options& options,
                       const CredentialAnswers::ByPlace& answers) {
  const auto gave = std::find_if(answers.begin(), answers.end(),
                                 [](const auto& one) { return one.second == 0; });
  if (gave == answers.end()) return {};
  const auto has = [&](const char* name) {
    return VariableOf(options.environment, name).has_value();
  };
  switch (gave->first) {
    case CredentialPlace::kEnvironment:
      return has("AWS_SESSION_TOKEN")
                 ? "environment variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
                   "AWS_SESSION_TOKEN"
                 : "environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    case CredentialPlace::kContainer:
      return "the container's service";
    case CredentialPlace::kInstance:
      return "the instance's service";
    case CredentialPlace::kWebIdentity:
      if (has("AWS_WEB_IDENTITY_TOKEN_FILE"))
        return "web identity (AWS_WEB_IDENTITY_TOKEN_FILE)";
      break;
    case CredentialPlace::kProfile:
    case CredentialPlace::kSso:
    case CredentialPlace::kProcess:
      break;
  }
  const SharedProfiles profiles(aws_default_allocator());
  const bool named = !options.profile.empty();
  return fmt::format("profile \"{}\" ({})",
                     cq::Printable(named ? options.profile : profiles.default_name()),
                     named                ? "field local_profile"
                     : has("AWS_PROFILE") ? "environment variable AWS_PROFILE"
                                          : "the default");
}

}  // namespace s3source::crt
