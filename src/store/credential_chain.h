#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "store/aws_crt.h"

struct aws_credentials_provider;

namespace s3source::crt {

/// Where credentials may come from.
enum class CredentialPlace {
  kEnvironment,
  kWebIdentity,
  kProfile,  ///< keys, or a role
  kSso,
  kProcess,
  kContainer,
  kInstance,
};

/// What came of asking the places. Thread-safe.
class CredentialAnswers {
 public:
  /// The place was not asked, or has not answered.
  static constexpr int kNone = -1;

  /// By place: kNone, 0 where it gave credentials, or the AWS library's error. Places
  /// that the library found no settings for are left out.
  using ByPlace = std::map<CredentialPlace, int>;

  void Set(CredentialPlace place, int answer);
  /// `error` is 0 when one of the places gave credentials.
  void SetOutcome(int error);

  ByPlace by_place() const;
  /// Whether none of the places gave credentials when they were asked last.
  bool failed() const;

 private:
  mutable std::mutex mutex_;
  ByPlace by_place_;
  bool failed_ = false;
};

/// Whether only one of the variables of the access key and its secret is set. No place is
/// asked then: behind a slip of the pen others would sign as somebody else.
bool IsHalfAPair(const Environment& environment);

/// Asks no place where the options want nothing signed. Else in the order of the AWS
/// SDKs, keeps what it finds and renews it before it expires. `answers` is told whatever
/// comes of each question. Null when there is no place to ask.
std::shared_ptr<aws_credentials_provider> MakeCredentialChain(
    Runtime& runtime, const S3Options& options,
    const std::shared_ptr<CredentialAnswers>& answers);

}  // namespace s3source::crt
