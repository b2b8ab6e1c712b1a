#include "spec/name.h"

#include <arrow/status.h>

#include <algorithm>
#include <string_view>

#include "cloudquery/log/printable.h"

namespace s3source {
namespace {

using arrow::Status;

constexpr std::string_view kSpaces = " \t\r\n\v\f";

bool IsLowerAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool IsAlphanumeric(char c) { return IsLowerAlphanumeric(c) || (c >= 'A' && c <= 'Z'); }

bool IsNameCharacter(char c) {
  return IsAlphanumeric(c) || c == '.' || c == '-' || c == '_';
}

}  // namespace

Status CheckTrimmed(std::string_view field, std::string_view value) {
  if (value.empty()) return Status::OK();
  if (kSpaces.find(value.front()) == std::string_view::npos &&
      kSpaces.find(value.back()) == std::string_view::npos) {
    return Status::OK();
  }
  return Status::Invalid(field,
                         " has a space or line break at its start or end; remove it");
}

Status CheckName(std::string_view field, std::string_view value) {
  if (value.empty()) return Status::Invalid(field, " is required");
  ARROW_RETURN_NOT_OK(CheckTrimmed(field, value));
  if (IsAlphanumeric(value.front()) &&
      std::all_of(value.begin(), value.end(), IsNameCharacter)) {
    return Status::OK();
  }
  return Status::Invalid(
      field, " \"", cq::Printable(value, 100),
      "\" has a character that does not belong there; it takes letters, digits, "
      "'.', '-' and '_', and begins with a letter or digit");
}

bool IsAwsRegion(std::string_view region) {
  return !region.empty() && std::all_of(region.begin(), region.end(), [](char c) {
    return IsLowerAlphanumeric(c) || c == '-';
  });
}

}  // namespace s3source
