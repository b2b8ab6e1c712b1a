#include "store/shared_profiles.h"

#include <aws/common/string.h>
#include <aws/sdkutils/aws_profile.h>

#include <algorithm>
#include <fstream>
#include <string_view>

#include "spec/nearest_name.h"

namespace s3source::crt {
namespace {

using String = std::unique_ptr<aws_string, void (*)(aws_string*)>;

String Own(aws_string* text) { return {text, aws_string_destroy}; }

String MakeString(aws_allocator* allocator, const std::string& text) {
  return Own(aws_string_new_from_c_str(allocator, text.c_str()));
}

std::string Text(const aws_string* text) {
  return text == nullptr ? "" : aws_string_c_str(text);
}

std::shared_ptr<aws_profile_collection> Own(aws_profile_collection* profiles) {
  return {profiles, [](auto* p) { aws_profile_collection_release(p); }};
}

/// What stands in the brackets of a file's sections, without the blanks around it.
std::vector<std::string> SectionsOf(const std::string& path) {
  constexpr std::string_view kBlanks = " \t\r";
  std::vector<std::string> sections;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    const auto end = line.find(']');
    if (!line.starts_with('[') || end == std::string::npos) continue;
    const std::string inside = line.substr(1, end - 1);
    const auto first = inside.find_first_not_of(kBlanks);
    if (first == std::string::npos) continue;
    const auto last = inside.find_last_not_of(kBlanks);
    sections.push_back(inside.substr(first, last + 1 - first));
  }
  return sections;
}

}  // namespace

SharedProfiles::SharedProfiles(aws_allocator* allocator) : allocator_(allocator) {
  const String config = Own(aws_get_config_file_path(allocator, nullptr));
  const String credentials = Own(aws_get_credentials_file_path(allocator, nullptr));
  const aws_byte_cursor no_name{};
  default_name_ = Text(Own(aws_get_profile_name(allocator, &no_name)).get());
  config_path_ = Text(config.get());
  credentials_path_ = Text(credentials.get());
  const auto load = [&](const String& path, aws_profile_source_type type) {
    return Own(path == nullptr
                   ? nullptr
                   : aws_profile_collection_new_from_file(allocator, path.get(), type));
  };
  const auto of_config = load(config, AWS_PST_CONFIG);
  const auto of_credentials = load(credentials, AWS_PST_CREDENTIALS);
  profiles_ = Own(aws_profile_collection_new_from_merge(allocator, of_config.get(),
                                                        of_credentials.get()));

  constexpr std::string_view kWord = "profile ";
  for (const std::string& section : SectionsOf(config_path_)) {
    if (section.starts_with(kWord)) {
      names_.push_back(section.substr(section.find_first_not_of(' ', kWord.size())));
    } else {
      bare_names_.push_back(section);
    }
  }
  const auto others = SectionsOf(credentials_path_);
  names_.insert(names_.end(), others.begin(), others.end());
}

bool SharedProfiles::Has(const std::string& profile) const {
  const String name = MakeString(allocator_, profile);
  return profiles_ != nullptr &&
         aws_profile_collection_get_profile(profiles_.get(), name.get()) != nullptr;
}

bool SharedProfiles::HasSsoSession(const std::string& name) const {
  const String text = MakeString(allocator_, name);
  return profiles_ != nullptr &&
         aws_profile_collection_get_section(profiles_.get(),
                                            AWS_PROFILE_SECTION_TYPE_SSO_SESSION,
                                            text.get()) != nullptr;
}

std::string SharedProfiles::Value(const std::string& profile,
                                  const std::string& name) const {
  if (profiles_ == nullptr) return {};
  const String text = MakeString(allocator_, profile);
  const auto* found = aws_profile_collection_get_profile(profiles_.get(), text.get());
  if (found == nullptr) return {};
  const auto* value = aws_profile_get_property(found, MakeString(allocator_, name).get());
  return value == nullptr ? "" : Text(aws_profile_property_get_value(value));
}

std::string SharedProfiles::Nearest(const std::string& profile) const {
  const std::vector<std::string_view> known(names_.begin(), names_.end());
  return std::string(NearestName(profile, known));
}

bool SharedProfiles::LacksItsWord(const std::string& profile) const {
  return std::find(bare_names_.begin(), bare_names_.end(), profile) != bare_names_.end();
}

}  // namespace s3source::crt
