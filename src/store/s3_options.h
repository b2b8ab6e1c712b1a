#pragma once

#include <arrow/memory_pool.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "spec/spec.h"

namespace s3source {

/// The value of an environment variable, or nothing where it is unset.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The same of an environment that may be none; an empty value is as good as unset.
inline std::optional<std::string> VariableOf(const Environment& environment,
                                             const std::string& name) {
  auto value = environment ? environment(name) : std::nullopt;
  return value && !value->empty() ? value : std::nullopt;
}

/// More connections than this a store never opens, whatever the spec asks for: a process
/// may often have 1,024 files and sockets only.
inline constexpr int64_t kMaxConnections = 256;

/// 0 or less: as many as there may be.
inline int64_t ConnectionsFor(int64_t wanted) {
  return wanted > 0 ? std::min(wanted, kMaxConnections) : kMaxConnections;
}

/// What S3Store needs to know. Times and counts have working defaults; tests shorten
/// them.
struct S3Options {
  std::string bucket;
  std::string region;
  std::string
      profile;  ///< AWS shared-config profile; empty: the default credential chain
  bool anonymous = false;  ///< sign nothing, look for no credentials
  std::string endpoint;    ///< base URL; empty: AWS
  bool path_style = false;
  /// The environment in which AWS_* variables of ours are looked up: AWS_ENDPOINT_URL_S3,
  /// AWS_ENDPOINT_URL, AWS_CA_BUNDLE and the static keys. The credential providers of the
  /// AWS library (profiles, web identity, container, instance) read the process's own.
  /// Asked on any thread, also later: keys that have expired may have been replaced.
  Environment environment;
  /// The base URL of AWS in a region where it is not the public one, as tests have it;
  /// unlike an endpoint it is still AWS.
  std::function<std::string(const std::string& region)> aws_url;
  std::function<std::chrono::system_clock::time_point()> now =
      std::chrono::system_clock::now;

  int64_t connections = 50;  ///< at most ConnectionsFor(connections) at a time
  std::chrono::milliseconds connect_timeout{5000};
  /// A connection slower than `slow_bytes_per_second` for this long is given up, and the
  /// request tried on another one.
  std::chrono::seconds slow_timeout{30};
  uint64_t slow_bytes_per_second = 1024;
  /// A failed attempt is repeated after a random pause of up to base · 2^attempt, at most
  /// the limit. The store's destruction awaits such a pause, or a connection that is
  /// being made. All attempts for
  /// one read or page count together, but for those that brought much of it.
  size_t retries = 8;
  std::chrono::milliseconds retry_base{500};
  std::chrono::seconds retry_limit{4};
  std::chrono::seconds credentials_timeout{15};
  /// Where the bytes that are read live.
  arrow::MemoryPool* pool = arrow::default_memory_pool();
};

inline S3Options MakeS3Options(const Spec& spec, Environment environment) {
  S3Options options;
  options.bucket = spec.bucket;
  options.region = spec.region;
  options.profile = spec.local_profile;
  options.anonymous = spec.anonymous;
  options.endpoint = spec.endpoint;
  options.path_style = spec.path_style;
  options.environment = std::move(environment);
  options.connections = ConnectionsFor(spec.concurrency);
  return options;
}

}  // namespace s3source
