#include "store/redacted.h"

#include <algorithm>
#include <cctype>

namespace s3source {
namespace {

bool IsSecretChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/' ||
         c == '=' || c == '_' || c == '%';
}

/// Access key ids (20 capitals and digits) and whatever is longer than words and names
/// are, and has capitals, small letters and digits as base64 has. Hexadecimal signatures
/// have 64 digits.
bool LooksSecret(std::string_view word) {
  const auto any = [&](int (*is)(int)) {
    return std::any_of(word.begin(), word.end(),
                       [&](char c) { return is(static_cast<unsigned char>(c)) != 0; });
  };
  const bool key_id = word.size() >= 16 && word.size() <= 128 &&
                      (word.starts_with("AKIA") || word.starts_with("ASIA"));
  const bool hex = word.size() >= 40 &&
                   std::all_of(word.begin(), word.end(),
                               [](unsigned char c) { return std::isxdigit(c) != 0; });
  const bool base64 =
      word.size() >= 32 && any(std::isupper) && any(std::islower) && any(std::isdigit);
  return key_id || hex || base64;
}

}  // namespace

std::string Redacted(std::string_view text) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    size_t end = at;
    while (end < text.size() && IsSecretChar(text[end])) ++end;
    const std::string_view word = text.substr(at, end - at);
    // "X-Amz-Signature=abc": the value is a word of its own. At the end of a word it is
    // the padding of base64.
    const auto equals = word.substr(0, word.find_last_not_of('=') + 1).find('=');
    const std::string_view value =
        equals == std::string_view::npos ? word : word.substr(equals + 1);
    if (LooksSecret(value) || LooksSecret(word)) {
      out += word.size() == value.size() ? "" : word.substr(0, equals + 1);
      out += "[redacted]";
    } else {
      out += word;
    }
    if (end < text.size()) out += text[end++];
    at = end;
  }
  return out;
}

}  // namespace s3source
