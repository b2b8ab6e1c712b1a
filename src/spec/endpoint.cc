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
#include <vector>

namespace s3source {
namespace {

using arrow::Status;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHostCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
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

/// The 16-bit groups of a part of an IPv6 address; its last may be an IPv4 address.
std::optional<std::vector<uint16_t>> ParseIpv6Groups(std::string_view text) {
  std::vector<uint16_t> groups;
  while (!text.empty()) {
    const size_t colon = text.find(':');
    const auto part = text.substr(0, colon);
    text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
    if (colon != std::string_view::npos && text.empty()) return std::nullopt;
    if (part.find('.') != std::string_view::npos) {
      const auto ipv4 = ParseIpv4(part);
      if (!ipv4 || !text.empty()) return std::nullopt;
      groups.push_back(static_cast<uint16_t>(*ipv4 >> 16));
      groups.push_back(static_cast<uint16_t>(*ipv4));
    } else {
      const auto group = ParseNumber<uint16_t>(part, 16);
      if (!group) return std::nullopt;
      groups.push_back(*group);
    }
  }
  return groups;
}

/// An IPv6 address without its brackets, of which "::" stands for the zeros left out.
std::optional<std::vector<uint16_t>> ParseIpv6(std::string_view text) {
  constexpr size_t kGroups = 8;
  const size_t gap = text.find("::");
  auto groups = ParseIpv6Groups(text.substr(0, gap));
  if (!groups) return std::nullopt;
  if (gap != std::string_view::npos) {
    const auto after = ParseIpv6Groups(text.substr(gap + 2));
    if (!after || groups->size() + after->size() >= kGroups) return std::nullopt;
    groups->resize(kGroups - after->size());
    groups->insert(groups->end(), after->begin(), after->end());
  }
  if (groups->size() != kGroups) return std::nullopt;
  return groups;
}

constexpr uint32_t kMetadataIpv4 = 0xA9FEA9FE;  // 169.254.169.254

/// Metadata services hand out credentials to whoever can reach them; nobody keeps a
/// bucket there.
bool IsMetadataService(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host == "metadata.google.internal" || ParseIpv4(host) == kMetadataIpv4;
}

bool IsMetadataService(const std::vector<uint16_t>& ipv6) {
  // IPv4 addresses stand at the end of the IPv6 addresses that lead to them.
  const uint32_t end = static_cast<uint32_t>(ipv6[6]) << 16 | ipv6[7];
  return ipv6 == std::vector<uint16_t>{0xFD00, 0xEC2, 0, 0, 0, 0, 0, 0x254} ||
         end == kMetadataIpv4;
}

/// What is wrong with a host, or nothing.
std::string_view ProblemOfHost(std::string_view host) {
  if (host.empty()) return "has no host after http:// or https://";
  bool is_metadata_service = false;
  if (host.starts_with('[')) {
    const auto ipv6 =
        host.ends_with(']') ? ParseIpv6(host.substr(1, host.size() - 2)) : std::nullopt;
    if (!ipv6) return "has a host in brackets that is no IPv6 address";
    is_metadata_service = IsMetadataService(*ipv6);
  } else if (!std::all_of(host.begin(), host.end(), IsHostCharacter)) {
    return "has a character that does not belong into a host; it takes a base URL such "
           "as https://s3.example.com or http://localhost:9000";
  } else {
    is_metadata_service = IsMetadataService(host);
  }
  if (!is_metadata_service) return {};
  return "is the address of the cloud metadata service (169.254.169.254), which is not "
         "an S3 service; give the base URL of one, or leave it out for AWS";
}

/// Takes "host[:port]" into `endpoint`; returns what is wrong with it, or nothing.
std::string_view TakeAuthority(std::string_view authority, Endpoint& endpoint) {
  if (authority.find('@') != std::string_view::npos) {
    return "must not hold a user name or password; credentials come from the environment "
           "or the profile in local_profile";
  }
  // The colons inside an IPv6 address's brackets are no port's.
  const size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  const size_t colon = authority.find(':', std::min(bracket, authority.size()));
  endpoint.host = authority.substr(0, colon);
  if (const auto problem = ProblemOfHost(endpoint.host); !problem.empty()) return problem;
  if (colon == std::string_view::npos) return {};
  endpoint.port = ParseNumber<uint16_t>(authority.substr(colon + 1), 10);
  if (endpoint.port.value_or(0) > 0) return {};
  return "has no valid port after the host's ':'; it takes a number from 1 to 65535";
}

}  // namespace

std::string Endpoint::url() const {
  return (tls ? "https://" : "http://") + host +
         (port ? ":" + std::to_string(*port) : std::string());
}

arrow::Result<Endpoint> ParseEndpoint(std::string_view name, std::string_view endpoint) {
  const std::string url = LowerCase(endpoint);
  const size_t scheme_end = url.find("://");
  const std::string_view scheme = std::string_view(url).substr(0, scheme_end);
  if (scheme_end == std::string::npos || (scheme != "http" && scheme != "https")) {
    return Status::Invalid(
        name, " must begin with http:// or https://, such as https://s3.example.com");
  }
  Endpoint parsed;
  parsed.tls = scheme == "https";
  const std::string_view rest = std::string_view(url).substr(scheme_end + 3);
  const size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const auto problem = TakeAuthority(rest.substr(0, authority_end), parsed);
  if (!problem.empty()) return Status::Invalid(name, " ", problem);
  const std::string_view path = rest.substr(authority_end);
  if (!path.empty() && path != "/") {
    return Status::Invalid(
        name,
        " must end after host and port, without path, query and fragment; the bucket's "
        "name belongs into bucket, the keys' prefix into path_prefix");
  }
  return parsed;
}

}  // namespace s3source
