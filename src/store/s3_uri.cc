#include "store/s3_uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "spec/endpoint.h"
#include "spec/name.h"

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

std::optional<std::pair<std::string, std::string>> ConfiguredEndpoint(
    const S3Options& options) {
  if (!options.endpoint.empty()) return {{"endpoint", options.endpoint}};
  if (VariableOf(options.environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true")
    return std::nullopt;
  for (const char* name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
    if (auto url = VariableOf(options.environment, name)) {
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
  ARROW_RETURN_NOT_OK(CheckName("region", options.region));
  ARROW_RETURN_NOT_OK(CheckName("bucket", options.bucket));
  S3Address address;
  Endpoint server;
  if (const auto configured = ConfiguredEndpoint(options)) {
    ARROW_ASSIGN_OR_RAISE(server, ParseEndpoint(configured->first, configured->second));
    address.custom_ = true;
  } else if (options.aws_url && IsAwsRegion(options.region)) {
    ARROW_ASSIGN_OR_RAISE(server,
                          ParseEndpoint("aws_url", options.aws_url(options.region)));
  } else if (IsAwsRegion(options.region)) {
    server.host = fmt::format("s3.{}.{}", options.region, AwsDomain(options.region));
  } else {
    return arrow::Status::Invalid(fmt::format(
        "region \"{}\" is not a region of AWS, which look like eu-west-1; for another S3 "
        "service give its base URL as endpoint",
        options.region));
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

std::string S3Address::ListTarget(const ListRequest& request, int max_keys) const {
  std::string target = path_ + "/?";
  if (!request.token.empty()) {
    target += "continuation-token=" + PercentEncode(request.token, false) + "&";
  }
  if (request.folders) target += "delimiter=%2F&";
  target += fmt::format("encoding-type=url&list-type=2&max-keys={}", max_keys);
  if (!request.prefix.empty())
    target += "&prefix=" + PercentEncode(request.prefix, false);
  if (!request.start_after.empty()) {
    target += "&start-after=" + PercentEncode(request.start_after, false);
  }
  return target;
}

}  // namespace s3source
