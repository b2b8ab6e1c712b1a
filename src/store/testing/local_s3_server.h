#pragma once

#include <arrow/result.h>
#include <sys/types.h>

#include <map>
#include <memory>
#include <string>

#include "cloudquery/log/logger.h"
#include "store/s3_options.h"
#include "store/testing/bucket.h"

namespace s3source::testing {

/// A real S3 server (versitygw) on a free port of this machine, over a folder that goes
/// away with it. It checks signatures. For tests only.
class LocalS3Server {
 public:
  struct Settings {
    std::string region = "us-east-1";
    std::string certificate;  ///< PEM file; with it the server speaks TLS
    std::string key;          ///< PEM file of the certificate's key
  };

  /// The program: $CQS3_VERSITYGW, or bin/versitygw in $CQS3_DEPS (default
  /// ~/.cache/cq-source-s3). Empty where there is none.
  static std::string Program();

  /// Returns when the server answers.
  static arrow::Result<std::unique_ptr<LocalS3Server>> Start(const Settings& settings);
  ~LocalS3Server();

  const std::string& url() const { return url_; }
  static constexpr char kAccessKey[] = "AKIALOCALSERVER00000";
  static constexpr char kSecretKey[] = "LocalServerSecret+/0123456789abcdefABCDEF";

  /// Options to open a bucket of this server with, with good keys in `environment`.
  S3Options OptionsFor(const std::string& bucket) const;

  void MakeBucket(const std::string& bucket) const;

 private:
  LocalS3Server() = default;

  std::string folder_;
  std::string url_;
  std::string region_;
  pid_t process_ = -1;
};

/// A new bucket on `server`, opened as S3Store.
std::unique_ptr<Bucket> MakeS3Bucket(const LocalS3Server& server, cq::Logger& logger);

/// The bucket that `options` name, opened as S3Store.
std::unique_ptr<Bucket> OpenS3Bucket(S3Options options, cq::Logger& logger);

/// An environment of exactly these variables.
Environment EnvironmentOf(std::map<std::string, std::string> variables);

}  // namespace s3source::testing
