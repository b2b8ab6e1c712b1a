#include "spec/endpoint.h"

#include <arrow/result.h>
#include <arrow/status.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace s3source {
namespace {

using arrow::Status;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHostCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
}
bool IsIpv6Character(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || c == '.' || c == ':';
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

template <typename T>
std::optional<T> ParseNumber(std::string_view digits, int base) {
  T value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// One number of an IPv4 address as the C library reads it: 0x… and 0… are hexadecimal
/// and octal.
std::optional<uint32_t> ParseIpv4Part(std::string_view part) {
  if (part.starts_with("0x")) return ParseNumber<uint32_t>(part.substr(2), 16);
  if (part.size() > 1 && part.starts_with('0')) return ParseNumber<uint32_t>(part, 8);
  return ParseNumber<uint32_t>(part, 10);
}

/// An IPv4 address of one to four parts, of which the last fills what is left
/// ("169.254.43518").
std::optional<uint32_t> ParseIpv4(std::string_view host) {
  uint64_t address = 0;
  for (int bits_left = 32;;) {
    const size_t dot = host.find('.');
    const auto part = ParseIpv4Part(host.substr(0, dot));
    if (!part || bits_left == 0) return std::nullopt;
    if (dot == std::string_view::npos) {
      if (bits_left < 32 && *part >> bits_left != 0) return std::nullopt;
      return static_cast<uint32_t>(address | *part);
    }
    if (*part > 255) return std::nullopt;
    bits_left -= 8;
    address |= static_cast<uint64_t>(*part) << bits_left;
    host.remove_prefix(dot + 1);
  }
}

/// Metadata services hand out credentials to whoever can reach them; nobody keeps a
/// bucket there.
bool IsMetadataService(std::string_view host) {
  if (host.starts_with('[')) {
    return host == "[fd00:ec2::254]" || host.ends_with(":a9fe:a9fe]") ||
           host.ends_with(":169.254.169.254]");
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  return host == "metadata.google.internal" || ParseIpv4(host) == 0xA9FEA9FE;
}

Status CheckHost(std::string_view host) {
  if (host.empty())
    return Status::Invalid("endpoint has no host after http:// or https://");
  const bool is_ipv6 = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  const bool is_valid =
      is_ipv6 ? std::all_of(host.begin() + 1, host.end() - 1, IsIpv6Character)
              : std::all_of(host.begin(), host.end(), IsHostCharacter);
  if (!is_valid) {
    return Status::Invalid(
        "endpoint has a character that does not belong into a host; it takes a base URL "
        "such as "
        "https://s3.example.com or http://localhost:9000");
  }
  if (IsMetadataService(host)) {
    return Status::Invalid(
        "endpoint is the address of the cloud metadata service (169.254.169.254), which "
        "is not "
        "an S3 service; give the base URL of one, or leave endpoint out for AWS");
  }
  return Status::OK();
}

Status CheckPort(std::string_view port) {
  const auto number = ParseNumber<uint16_t>(port, 10);
  if (number && *number > 0) return Status::OK();
  return Status::Invalid(
      "endpoint has no valid port after the host's ':'; it takes a number "
      "from 1 to 65535");
}

Status CheckAuthority(std::string_view authority) {
  if (authority.find('@') != std::string_view::npos) {
    return Status::Invalid(
        "endpoint must not hold a user name or password; credentials come from the "
        "environment "
        "or the profile in local_profile");
  }
  // The colons inside an IPv6 address's brackets are no port's.
  const size_t host_end = authority.starts_with('[') ? authority.find(']') : 0;
  if (host_end == std::string_view::npos) return CheckHost(authority);
  const size_t colon = authority.find(':', host_end);
  ARROW_RETURN_NOT_OK(CheckHost(authority.substr(0, colon)));
  return colon == std::string_view::npos ? Status::OK()
                                         : CheckPort(authority.substr(colon + 1));
}

}  // namespace

arrow::Result<std::string> NormalizeEndpoint(std::string_view endpoint) {
  std::string url = LowerCase(endpoint);
  const size_t scheme_end = url.find("://");
  const std::string_view scheme = std::string_view(url).substr(0, scheme_end);
  if (scheme_end == std::string::npos || (scheme != "http" && scheme != "https")) {
    return Status::Invalid(
        "endpoint must begin with http:// or https://, such as https://s3.example.com");
  }
  const size_t authority_begin = scheme_end + 3;
  const size_t authority_end =
      std::min(url.find_first_of("/?#", authority_begin), url.size());
  ARROW_RETURN_NOT_OK(CheckAuthority(
      std::string_view(url).substr(authority_begin, authority_end - authority_begin)));
  const std::string_view rest = std::string_view(url).substr(authority_end);
  if (!rest.empty() && rest != "/") {
    return Status::Invalid(
        "endpoint must end after host and port, without path, query and fragment; the "
        "bucket's "
        "name belongs into bucket, the keys' prefix into path_prefix");
  }
  url.resize(authority_end);
  return url;
}

}  // namespace s3source
