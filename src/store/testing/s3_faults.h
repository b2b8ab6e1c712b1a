#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "store/fault.h"
#include "store/s3_store.h"
#include "store/testing/local_s3_server.h"
#include "store/testing/scripted_server.h"

/// S3Store against servers that fail, lie and stall.
namespace s3source::testing {

using Answer = ScriptedServer::Answer;
using Request = ScriptedServer::Request;

inline constexpr char kSecret[] = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY0123";

inline std::string Page(const std::string& keys, const std::string& token) {
  return "<?xml version=\"1.0\"?><ListBucketResult>" + keys + "<IsTruncated>" +
         (token.empty() ? "false" : "true") + "</IsTruncated>" +
         (token.empty()
              ? ""
              : "<NextContinuationToken>" + token + "</NextContinuationToken>") +
         "</ListBucketResult>";
}

inline std::string Entry(const std::string& key) {
  return "<Contents><Key>" + key +
         "</Key><Size>10</Size><ETag>\"v1\"</ETag>"
         "<LastModified>2024-01-02T03:04:05.000Z</LastModified></Contents>";
}

inline std::string Error(const std::string& code,
                         const std::string& message = "said so") {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>" + message +
         "</Message></Error>";
}

class S3Faults : public ::testing::Test {
 protected:
  void Serve(ScriptedServer::Script script) {
    store_.reset();
    server_ = std::make_unique<ScriptedServer>(std::move(script));
    S3Options options;
    options.bucket = "bucket";
    options.region = "us-east-1";
    options.endpoint = server_->url();
    options.environment = EnvironmentOf({{"AWS_ACCESS_KEY_ID", "AKIAABCDEFGHIJKLMNOP"},
                                         {"AWS_SECRET_ACCESS_KEY", kSecret},
                                         {"AWS_EC2_METADATA_DISABLED", "true"}});
    options.retries = 3;
    options.retry_base = std::chrono::milliseconds(1);
    options.slow_timeout = std::chrono::seconds(2);
    change_(options);
    auto store = S3Store::Open(options, logger_);
    ASSERT_OK(store.status());
    store_ = *std::move(store);
  }

  arrow::Result<std::string> Read(ByteRange range = {0, 10}) {
    const auto future = store_->Read(object_, range, {});
    ARROW_ASSIGN_OR_RAISE(const auto buffer, future.result());
    return buffer->ToString();
  }

  arrow::Result<std::vector<std::string>> List(const std::string& prefix = "",
                                               std::stop_token stop = {}) {
    std::vector<std::string> keys;
    ARROW_RETURN_NOT_OK(
        store_->List(prefix, std::move(stop), [&](const std::vector<Object>& page) {
          for (const auto& object : page) keys.push_back(object.key);
          return arrow::Status::OK();
        }));
    return keys;
  }

  void TearDown() override {
    store_.reset();
    EXPECT_THAT(logger_.text(), ::testing::Not(::testing::HasSubstr(kSecret)));
  }

  std::function<void(S3Options&)> change_ = [](S3Options&) {};
  cq::RecordingLogger logger_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<ObjectStore> store_;
  Object object_{"dir/key", "\"v1\"", 10, {}, ""};
};

inline const std::map<std::string, std::string> kHeaders = {
    {"ETag", "\"v1\""}, {"Content-Range", "bytes 0-9/10"}};

inline Answer Good(const Request&, size_t) { return {206, kHeaders, "0123456789"}; }

}  // namespace s3source::testing
