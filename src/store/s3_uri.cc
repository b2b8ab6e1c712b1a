#include "store/s3_uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "cloudquery/log/printable.h"

namespace s3source {
namespace {

struct Partition {
  std::string_view region_prefix;
  std::string_view name;
  std::string_view domain;
};

constexpr Partition kPartitions[] = {
    {"cn-", "aws-cn", "amazonaws.com.cn"},
    {"us-gov-", "aws-us-gov", "amazonaws.com"},
    {"us-iso-", "aws-iso", "c2s.ic.gov"},
    {"us-isob-", "aws-iso-b", "sc2s.sgov.gov"},
    {"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"},
    {"us-isof-", "aws-iso-f", "csp.hci.ic.gov"},
    {"eusc-", "aws-eusc", "amazonaws.eu"},
    {"", "aws", "amazonaws.com"},
};

const Partition& PartitionOf(std::string_view region) {
  return *std::find_if(
      std::begin(kPartitions), std::end(kPartitions),
      [&](const Partition& p) { return region.starts_with(p.region_prefix); });
}

bool IsLowerAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsRegion(std::string_view region) {
  return !region.empty() && region.size() <= 63 &&
         std::all_of(region.begin(), region.end(),
                     [](char c) { return IsLowerAlnum(c) || c == '-'; });
}

/// What a path or host name may carry at all. S3's old buckets have upper case and '_'.
bool IsBucket(std::string_view bucket) {
  return !bucket.empty() && bucket.size() <= 255 && bucket != "." && bucket != ".." &&
         std::all_of(bucket.begin(), bucket.end(), [](char c) {
           return IsLowerAlnum(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
                  c == '_';
         });
}

bool FitsHostName(std::string_view bucket, bool tls) {
  return bucket.size() <= 63 && IsLowerAlnum(bucket.front()) &&
         IsLowerAlnum(bucket.back()) &&
         std::all_of(bucket.begin(), bucket.end(), [&](char c) {
           return IsLowerAlnum(c) || c == '-' || (c == '.' && !tls);
         });
}

bool IsIpAddress(std::string_view host) {
  return host.starts_with('[') || std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= '0' && c <= '9') || c == '.';
         });
}

struct Server {
  bool tls = true;
  std::string host;
  std::optional<uint16_t> port;
};

arrow::Status BadEndpoint(std::string_view field, std::string_view url,
                          std::string_view what) {
  return arrow::Status::Invalid(
      fmt::format("{}: \"{}\" {}; give the base URL of an S3 service, for example "
                  "http://localhost:9000",
                  field, cq::Printable(url), what));
}

arrow::Result<Server> ParseEndpoint(std::string_view field, std::string_view url) {
  Server server;
  std::string_view rest = url;
  const auto scheme_end = rest.find("://");
  std::string scheme(
      rest.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (scheme != "http" && scheme != "https") {
    return BadEndpoint(field, url, "does not start with http:// or https://");
  }
  server.tls = scheme == "https";
  rest.remove_prefix(scheme_end + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  // The URL is not shown: what stands before an '@' may be a password.
  if (rest.find('@') != std::string_view::npos) {
    return arrow::Status::Invalid(
        fmt::format("{}: user and password do not belong into the URL", field));
  }
  if (rest.find_first_of("/?#") != std::string_view::npos) {
    return BadEndpoint(field, url, "has a path or query");
  }

  const auto bracket = rest.find(']');
  const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string_view host = rest.substr(0, colon);
  if (colon != std::string_view::npos) {
    const std::string_view digits = rest.substr(colon + 1);
    uint16_t port = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || port == 0) {
      return BadEndpoint(field, url, "has a port that is not between 1 and 65535");
    }
    server.port = port;
  }
  const auto is_host_char = [](char c) {
    return IsLowerAlnum(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
           c == '_' || c == ':' || c == '[' || c == ']';
  };
  if (host.empty() || !std::all_of(host.begin(), host.end(), is_host_char)) {
    return BadEndpoint(field, url, "has no valid host");
  }
  if (host == "169.254.169.254" || host == "[fd00:ec2::254]") {
    return BadEndpoint(field, url, "is the address of the instance metadata service");
  }
  server.host = host;
  return server;
}

std::optional<std::pair<std::string, std::string>> ConfiguredEndpoint(
    const S3Options& options) {
  if (!options.endpoint.empty()) return {{"endpoint", options.endpoint}};
  if (options.environment == nullptr) return std::nullopt;
  if (options.environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true")
    return std::nullopt;
  for (const char* name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
    if (auto url = options.environment(name); url && !url->empty()) {
      return {{std::string("environment variable ") + name, std::move(*url)}};
    }
  }
  return std::nullopt;
}

}  // namespace

std::string PercentEncode(std::string_view text, bool keep_slash) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool plain = IsLowerAlnum(c) || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || (c == '/' && keep_slash);
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::string_view AwsDomain(std::string_view region) { return PartitionOf(region).domain; }
std::string_view AwsPartition(std::string_view region) {
  return PartitionOf(region).name;
}

arrow::Result<S3Address> S3Address::Make(const S3Options& options) {
  if (!IsRegion(options.region)) {
    return arrow::Status::Invalid(
        fmt::format("region: \"{}\" is not a region; it looks like eu-west-1",
                    cq::Printable(options.region)));
  }
  if (!IsBucket(options.bucket)) {
    return arrow::Status::Invalid(fmt::format(
        "bucket: \"{}\" is not a bucket name; give the name alone, without s3:// and "
        "without a path",
        cq::Printable(options.bucket)));
  }
  Server server{
      true, fmt::format("s3.{}.{}", options.region, AwsDomain(options.region)), {}};
  S3Address address;
  if (const auto configured = ConfiguredEndpoint(options)) {
    ARROW_ASSIGN_OR_RAISE(server, ParseEndpoint(configured->first, configured->second));
    address.custom_ = true;
  }
  address.tls_ = server.tls;
  const bool in_path = options.path_style || IsIpAddress(server.host) ||
                       !FitsHostName(options.bucket, server.tls);
  address.host_ = in_path ? server.host : options.bucket + "." + server.host;
  address.path_ = in_path ? "/" + options.bucket : "";
  if (server.port && *server.port != (server.tls ? 443 : 80)) {
    address.host_ += fmt::format(":{}", *server.port);
  }
  return address;
}

std::string S3Address::url() const { return (tls_ ? "https://" : "http://") + host_; }

std::string S3Address::ObjectTarget(std::string_view key) const {
  return path_ + "/" + PercentEncode(key, true);
}

std::string S3Address::ListTarget(std::string_view prefix, std::string_view token,
                                  int max_keys) const {
  std::string target = path_ + "/?";
  if (!token.empty()) target += "continuation-token=" + PercentEncode(token, false) + "&";
  target += fmt::format("encoding-type=url&list-type=2&max-keys={}", max_keys);
  if (!prefix.empty()) target += "&prefix=" + PercentEncode(prefix, false);
  return target;
}

}  // namespace s3source
