#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "store/s3_options.h"

namespace s3source {

/// One request for a page of ListObjectsV2.
struct ListRequest {
  std::string prefix;
  std::string token;        ///< of the page before, or
  std::string start_after;  ///< a key; both empty: from the first key on
  bool folders = false;     ///< delimiter '/'
};

/// `text` with every byte but A-Z a-z 0-9 - . _ ~ as %XX; '/' stays where `keep_slash`.
std::string PercentEncode(std::string_view text, bool keep_slash);

/// The domain of the AWS partition a region belongs to: "amazonaws.com",
/// "amazonaws.com.cn", ...
std::string_view AwsDomain(std::string_view region);

/// The partition in an ARN: "aws", "aws-cn", "aws-us-gov", ...
std::string_view AwsPartition(std::string_view region);

/// Where a bucket is: the server, and how the bucket is named to it.
class S3Address {
 public:
  /// The endpoint is the spec's, else AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL, else
  /// AWS's own in the region. The bucket stands in the host name, except where the spec
  /// wants it in the path or a host name cannot carry it: an IP address as host, a bucket
  /// name with upper case or '_', or one with dots under TLS, where the server's
  /// certificate would not fit. Invalid names the field.
  static arrow::Result<S3Address> Make(const S3Options& options);

  bool tls() const { return tls_; }
  /// The Host header, with the port unless it is the scheme's own.
  const std::string& host() const { return host_; }
  /// "https://host:port" to connect to.
  std::string url() const;
  /// True when the address is not AWS's own.
  bool custom() const { return custom_; }

  /// The request target of an object. The key's bytes are encoded, never normalised.
  std::string ObjectTarget(std::string_view key) const;
  /// The request target of one page of a listing.
  std::string ListTarget(const ListRequest& request, int max_keys) const;

 private:
  bool tls_ = true;
  bool custom_ = false;
  std::string host_;
  std::string path_;  ///< "" or "/bucket"
};

}  // namespace s3source
