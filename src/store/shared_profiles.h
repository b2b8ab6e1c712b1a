#pragma once

#include <memory>
#include <string>
#include <vector>

struct aws_allocator;
struct aws_profile_collection;

namespace s3source::crt {

/// The profiles of the AWS shared config and credentials files, read where and as the AWS
/// library's credential providers read them. A file that is missing or broken has none.
/// A name that is not there has no values. Immutable.
class SharedProfiles {
 public:
  explicit SharedProfiles(aws_allocator* allocator);

  /// Empty where the process has no home folder.
  const std::string& config_path() const { return config_path_; }
  const std::string& credentials_path() const { return credentials_path_; }

  /// What is used where nothing names one: AWS_PROFILE, or "default".
  const std::string& default_name() const { return default_name_; }

  bool Has(const std::string& profile) const;
  bool HasSsoSession(const std::string& name) const;

  /// Empty where the profile has no such value.
  std::string Value(const std::string& profile, const std::string& name) const;

  /// The profile whose name is most like this one; empty when none is.
  std::string Nearest(const std::string& profile) const;

  /// Whether the config file has the section [profile] in place of [profile PROFILE],
  /// which only its default profile may have.
  bool LacksItsWord(const std::string& profile) const;

 private:
  using Collection = std::shared_ptr<aws_profile_collection>;

  aws_allocator* const allocator_;
  std::string config_path_;
  std::string credentials_path_;
  std::string default_name_;
  Collection profiles_;
  std::vector<std::string> names_;
  std::vector<std::string> bare_names_;  ///< of the config file
};

}  // namespace s3source::crt
