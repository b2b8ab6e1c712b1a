#pragma once

#include <arrow/result.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "cloudquery/log/logger.h"
#include "store/aws_crt.h"
#include "store/s3_credentials.h"
#include "store/s3_errors.h"
#include "store/s3_options.h"
#include "store/s3_uri.h"

struct aws_http_connection_manager;
struct aws_uri;

namespace s3source::crt {

/// The region to sign for and the server to connect to, with its connections.
class Route {
 public:
  /// `runtime` awaits the end of the connections.
  static arrow::Result<std::shared_ptr<const Route>> Make(Runtime& runtime,
                                                          std::string region,
                                                          const S3Address& address,
                                                          const S3Options& options);
  ~Route();
  Route(const Route&) = delete;
  Route& operator=(const Route&) = delete;

  const std::string& region() const { return region_; }
  /// The Host header.
  const std::string& host() const { return host_; }
  aws_http_connection_manager* connections() const { return connections_; }

 private:
  Route(std::string region, std::string host);
  arrow::Status Start(Runtime& runtime, const aws_uri& endpoint,
                      const S3Options& options);

  const std::string region_;
  const std::string host_;
  aws_http_connection_manager* connections_ = nullptr;
};

/// What a request is made with.
struct Access {
  std::shared_ptr<const Route> route;
  std::shared_ptr<aws_credentials_provider> credentials;
};

/// What a request was sent again for; each is done once.
struct Forgiven {
  bool expired = false;
  bool moved = false;
  bool unsound = false;
  bool skewed = false;
};

/// How requests get into the bucket now, which an answer of the server may change.
/// Thread-safe.
class S3Service {
 public:
  /// `logger` must outlive the service.
  static arrow::Result<std::unique_ptr<S3Service>> Make(const S3Options& options,
                                                        const S3Address& address,
                                                        const S3Target& target,
                                                        cq::Logger& logger);
  ~S3Service() { Close(); }

  /// Awaits what is to run later; afterwards there is no more, and no route. Not
  /// thread-safe.
  void Close();

  Runtime& runtime() { return *runtime_; }
  Credentials& credentials() { return credentials_; }

  /// Without a route when there is no place to find credentials.
  Access access() const;

  /// As Runtime::RunLater, before Close() has returned.
  void RunLater(std::chrono::milliseconds pause, std::function<void()> run);

  /// True when a request that failed with `used` is to be sent again with what access()
  /// gives now, which is noted in `forgiven`: the credentials had expired and were
  /// renewed, or the bucket of AWS turned out to be in another region, which is followed
  /// once for all requests and logged. Many requests that fail for one cause lead to one
  /// renewal.
  bool Recover(const Access& used, const S3Failure& failure, Forgiven& forgiven);

 private:
  S3Service(std::unique_ptr<Runtime> runtime, const S3Options& options,
            const S3Target& target, cq::Logger& logger);
  arrow::Status Start(const S3Address& address);
  bool Follow(const Access& used, const std::string& region);

  const std::unique_ptr<Runtime> runtime_;
  const S3Options options_;
  const S3Target target_;
  cq::Logger& logger_;
  Credentials credentials_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Route> route_;
  bool moved_ = false;
  Pending later_;
};

}  // namespace s3source::crt
