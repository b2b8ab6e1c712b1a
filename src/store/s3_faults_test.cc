// S3Store against servers that fail, lie and stall.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "store/fault.h"
#include "store/limited_store.h"
#include "store/s3_store.h"
#include "store/testing/local_s3_server.h"
#include "store/testing/scripted_server.h"

namespace s3source {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ScriptedServer;
using ::testing::SizeIs;
using Answer = ScriptedServer::Answer;
using Request = ScriptedServer::Request;

constexpr char kSecret[] = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY0123";

std::string Page(const std::string& keys, const std::string& token) {
  return "<?xml version=\"1.0\"?><ListBucketResult>" + keys + "<IsTruncated>" +
         (token.empty() ? "false" : "true") + "</IsTruncated>" +
         (token.empty()
              ? ""
              : "<NextContinuationToken>" + token + "</NextContinuationToken>") +
         "</ListBucketResult>";
}

std::string Entry(const std::string& key) {
  return "<Contents><Key>" + key +
         "</Key><Size>10</Size><ETag>\"v1\"</ETag>"
         "<LastModified>2024-01-02T03:04:05.000Z</LastModified></Contents>";
}

std::string Error(const std::string& code, const std::string& message = "said so") {
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
    options.environment =
        testing::EnvironmentOf({{"AWS_ACCESS_KEY_ID", "AKIAABCDEFGHIJKLMNOP"},
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
    EXPECT_THAT(logger_.text(), Not(HasSubstr(kSecret)));
  }

  std::function<void(S3Options&)> change_ = [](S3Options&) {};
  cq::RecordingLogger logger_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<ObjectStore> store_;
  Object object_{"dir/key", "\"v1\"", 10, {}, ""};
};

const std::map<std::string, std::string> kHeaders = {{"ETag", "\"v1\""},
                                                     {"Content-Range", "bytes 0-9/10"}};

Answer Good(const Request&, size_t) { return {206, kHeaders, "0123456789"}; }

TEST_F(S3Faults, AGoodAnswerIsRead) {
  Serve(Good);
  ASSERT_OK_AND_ASSIGN(const auto bytes, Read());
  EXPECT_EQ(bytes, "0123456789");
  const auto requests = server_->requests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].method, "GET");
  EXPECT_EQ(requests[0].target, "/bucket/dir/key");
  EXPECT_EQ(requests[0].headers.at("range"), "bytes=0-9");
  EXPECT_EQ(requests[0].headers.at("if-match"), "\"v1\"");
}

TEST_F(S3Faults, PassingTroubleIsRetriedAndNotSeen) {
  const struct {
    const char* name;
    Answer answer;
  } cases[] = {
      {"throttled", {503, {}, Error("SlowDown")}},
      {"internal error", {500, {}, Error("InternalError")}},
      {"no answer", {.declared_length = 5, .close = true}},
      {"body cut off",
       {.status = 206,
        .headers = kHeaders,
        .body = "0123",
        .declared_length = 10,
        .close = true}},
      {"reset in the body",
       {.status = 206,
        .headers = kHeaders,
        .body = "0123",
        .declared_length = 10,
        .reset = true}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Serve([&](const Request& request, size_t number) {
      return number < 2 ? c.answer : Good(request, number);
    });
    ASSERT_OK_AND_ASSIGN(const auto bytes, Read());
    EXPECT_EQ(bytes, "0123456789");
    EXPECT_THAT(server_->requests(), SizeIs(3));
  }
  EXPECT_THAT(logger_.text(), HasSubstr("S3 request failed operation=GetObject"));
}

TEST_F(S3Faults, TroubleThatStaysIsTheFaultItIs) {
  const struct {
    const char* name;
    Answer answer;
    FaultReason reason;
    const char* text;
  } cases[] = {
      {"throttled",
       {503, {}, Error("SlowDown")},
       FaultReason::kUnavailable,
       "4 attempts"},
      {"gone", {404, {}, Error("NoSuchKey")}, FaultReason::kGone, "deleted"},
      {"changed",
       {412, {}, Error("PreconditionFailed")},
       FaultReason::kChanged,
       "overwritten"},
      {"shrank", {416, {}, Error("InvalidRange")}, FaultReason::kChanged, "overwritten"},
      {"denied",
       {403, {}, Error("AccessDenied")},
       FaultReason::kObjectDenied,
       "s3:GetObject"},
      {"archived",
       {403, {}, Error("InvalidObjectState")},
       FaultReason::kArchived,
       "restore"},
      {"bad request", {400, {}, "not XML"}, FaultReason::kObjectUnreadable, "HTTP 400"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Serve([&](const Request&, size_t) { return c.answer; });
    const auto status = Read().status();
    EXPECT_EQ(ReasonOf(status), c.reason) << status.ToString();
    EXPECT_THAT(status.message(),
                AllOf(HasSubstr("s3://bucket/dir/key"), HasSubstr(c.text)));
  }
}

TEST_F(S3Faults, AnAnswerThatIsNotWhatWasAskedForIsNeverUsed) {
  const auto of = [](const char* etag, const char* range, const char* body) {
    return Answer{206, {{"ETag", etag}, {"Content-Range", range}}, body};
  };
  const struct {
    const char* name;
    Answer answer;
    FaultReason reason;
  } cases[] = {
      {"another version, If-Match ignored", of("\"v2\"", "bytes 0-9/10", "0123456789"),
       FaultReason::kChanged},
      {"another range", of("\"v1\"", "bytes 1-10/11", "1234567890"),
       FaultReason::kObjectUnreadable},
      {"another size", of("\"v1\"", "bytes 0-9/12", "0123456789"),
       FaultReason::kObjectUnreadable},
      {"a shorter range", of("\"v1\"", "bytes 0-4/10", "01234"),
       FaultReason::kObjectUnreadable},
      {"fewer bytes than the range says", of("\"v1\"", "bytes 0-9/10", "01234"),
       FaultReason::kObjectUnreadable},
      {"more bytes than asked for", of("\"v1\"", "bytes 0-9/10", "0123456789ABC"),
       FaultReason::kObjectUnreadable},
      {"Range ignored",
       {200, {{"ETag", "\"v1\""}}, "0123456789"},
       FaultReason::kObjectUnreadable},
      {"a length that is not the body's",
       {.status = 206, .headers = kHeaders, .body = "0123456789", .declared_length = 5},
       FaultReason::kObjectUnreadable},
      {"no length",
       {.status = 206,
        .headers = kHeaders,
        .body = "0123456789",
        .declared_length = -2,
        .close = true},
       FaultReason::kObjectUnreadable},
      {"no range",
       {206, {{"ETag", "\"v1\""}}, "0123456789"},
       FaultReason::kObjectUnreadable},
      {"no ETag",
       {206, {{"Content-Range", "bytes 0-9/10"}}, "0123456789"},
       FaultReason::kObjectUnreadable},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Serve([&](const Request&, size_t) { return c.answer; });
    const auto status = Read().status();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(ReasonOf(status), c.reason) << status.ToString();
    EXPECT_THAT(status.message(), HasSubstr("s3://bucket/dir/key"));
  }
}

TEST_F(S3Faults, AnAnswerThatSomethingAlteredIsAskedForOnceMore) {
  const std::map<std::string, std::string> tag = {{"ETag", "\"v1\""}};
  const struct {
    const char* name;
    Answer answer;
  } cases[] = {
      {"another total",
       {206, {{"ETag", "\"v1\""}, {"Content-Range", "bytes 0-9/12"}}, "0123456789"}},
      {"no range", {206, tag, "0123456789"}},
      {"Range ignored", {200, tag, "0123456789"}},
      {"no ETag", {206, {{"Content-Range", "bytes 0-9/10"}}, "0123456789"}},
      {"a length that is not the body's",
       {.status = 206, .headers = kHeaders, .body = "0123456789", .declared_length = 5}},
      {"no length",
       {.status = 206,
        .headers = kHeaders,
        .body = "0123456789",
        .declared_length = -2,
        .close = true}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Serve([&](const Request& request, size_t number) {
      return number == 0 ? c.answer : Good(request, number);
    });
    ASSERT_OK_AND_ASSIGN(const auto bytes, Read());
    EXPECT_EQ(bytes, "0123456789");
    EXPECT_THAT(server_->requests(), SizeIs(2));
    EXPECT_GE(store_->retries(), 1);
  }
  // Another version is no accident.
  Serve([&](const Request&, size_t) {
    return Answer{
        206, {{"ETag", "\"v2\""}, {"Content-Range", "bytes 0-9/10"}}, "9876543210"};
  });
  EXPECT_EQ(ReasonOf(Read().status()), FaultReason::kChanged);
  EXPECT_THAT(server_->requests(), SizeIs(1));
}

TEST_F(S3Faults, WhileTheServerThrottlesFewerReadsAreUnderWay) {
  constexpr size_t kBurst = 16;
  std::mutex mutex;
  std::condition_variable arrived;
  size_t begun = 0;
  Serve([&](const Request& request, size_t number) {
    if (number >= kBurst) return Good(request, number);
    // All that may be under way are, and are refused.
    std::unique_lock lock(mutex);
    ++begun;
    arrived.notify_all();
    arrived.wait(lock, [&] { return begun >= kBurst; });
    return Answer{503, {}, Error("SlowDown")};
  });
  store_ = LimitReads(std::move(store_), kBurst, logger_);
  std::vector<arrow::Future<std::shared_ptr<arrow::Buffer>>> reads;
  for (size_t i = 0; i < 3 * kBurst; ++i) {
    reads.push_back(store_->Read(object_, {0, 10}, {}));
  }
  for (const auto& read : reads) {
    ASSERT_OK_AND_ASSIGN(const auto bytes, read.result());
    EXPECT_EQ(bytes->ToString(), "0123456789");
  }
  EXPECT_THAT(server_->requests(), SizeIs(4 * kBurst));
  EXPECT_THAT(logger_.text(),
              AllOf(HasSubstr("asks for fewer requests"), HasSubstr("reads_allowed=8")));
}

TEST_F(S3Faults, ASlowConnectionIsLeftForAnotherOne) {
  const struct {
    const char* name;
    Answer answer;
  } cases[] = {
      {"no answer", {.stall = true}},
      {"nothing after a part of the body",
       {.status = 206, .headers = kHeaders, .body = "0123", .declared_length = 10}},
      {"a byte now and then",
       {.status = 206,
        .headers = kHeaders,
        .body = "0123456789",
        .pause = std::chrono::seconds(1)}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Serve([&](const Request& request, size_t number) {
      return number == 0 ? c.answer : Good(request, number);
    });
    ASSERT_OK_AND_ASSIGN(const auto bytes, Read());
    EXPECT_EQ(bytes, "0123456789");
    EXPECT_THAT(server_->requests(), SizeIs(2)) << "not waited for";
  }
}

TEST_F(S3Faults, StopEndsAReadThatHangs) {
  std::promise<void> arrived;
  Serve([&](const Request&, size_t) {
    arrived.set_value();
    return Answer{.stall = true};
  });
  std::stop_source stop;
  auto read = store_->Read(object_, {0, 10}, stop.get_token());
  arrived.get_future().wait();
  stop.request_stop();
  EXPECT_TRUE(read.is_finished()) << "a stop is answered at once";
  EXPECT_TRUE(read.status().IsCancelled()) << read.status().ToString();
}

TEST_F(S3Faults, StopEndsAReadThatWaitsForItsNextAttempt) {
  change_ = [](S3Options& options) { options.retry_base = std::chrono::seconds(2); };
  std::promise<void> arrived;
  Serve([&](const Request&, size_t) {
    arrived.set_value();
    return Answer{503, {}, Error("SlowDown")};
  });
  std::stop_source stop;
  auto read = store_->Read(object_, {0, 10}, stop.get_token());
  arrived.get_future().wait();
  stop.request_stop();
  EXPECT_TRUE(read.is_finished()) << "a stop is answered at once";
  EXPECT_TRUE(read.status().IsCancelled()) << read.status().ToString();
  EXPECT_THAT(server_->requests(), SizeIs(1));
}

TEST_F(S3Faults, AfterStopNothingIsAskedFor) {
  Serve([](const Request&, size_t) { return Answer{200, {}, Page("", "")}; });
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(List("", stop.get_token()).status().IsCancelled());
  EXPECT_TRUE(store_->Read(object_, {0, 10}, stop.get_token()).status().IsCancelled());
  ASSERT_OK(List());
  EXPECT_THAT(server_->requests(), SizeIs(1)) << "only the one without a stop";
}

TEST_F(S3Faults, ABrokenPageIsNotAskedForAgainAfterStop) {
  std::stop_source stop;
  Serve([&](const Request&, size_t) {
    stop.request_stop();
    return Answer{200, {}, "no page"};
  });
  EXPECT_TRUE(List("", stop.get_token()).status().IsCancelled());
  EXPECT_THAT(server_->requests(), SizeIs(1));
}

TEST_F(S3Faults, DestructionEndsAReadThatHangs) {
  std::promise<void> arrived;
  Serve([&](const Request&, size_t) {
    arrived.set_value();
    return Answer{.stall = true};
  });
  auto read = store_->Read(object_, {0, 10}, {});
  arrived.get_future().wait();
  store_.reset();
  ASSERT_TRUE(read.is_finished());
  EXPECT_TRUE(read.status().IsCancelled()) << read.status().ToString();
}

TEST_F(S3Faults, ABrokenPageIsAskedForAgain) {
  const std::string good = Page(Entry("a"), "");
  for (const std::string& broken :
       {good.substr(0, good.size() - 5), std::string(), Error("InternalError"),
        std::string("<html>proxy</html>")}) {
    SCOPED_TRACE(broken);
    Serve([&](const Request&, size_t number) {
      return Answer{200, {}, number == 0 ? broken : good};
    });
    ASSERT_OK_AND_ASSIGN(const auto keys, List());
    EXPECT_THAT(keys, ::testing::ElementsAre("a"));
  }
}

TEST_F(S3Faults, AListingThatCannotBeTrustedIsAFaultNotAShortList) {
  const struct {
    const char* name;
    Answer answer;
    FaultReason reason;
    const char* text;
  } cases[] = {
      {"empty body", {200, {}, ""}, FaultReason::kBadListing, "cannot be trusted"},
      {"HTML", {200, {}, "<html></html>"}, FaultReason::kBadListing, "<html>"},
      {"error in a 200",
       {200, {}, Error("InternalError")},
       FaultReason::kUnavailable,
       "INTERNAL"},
      {"denied in a 200",
       {200, {}, Error("AccessDenied")},
       FaultReason::kBucketDenied,
       "denied"},
      {"unknown error in a 200",
       {200, {}, Error("Odd")},
       FaultReason::kBadListing,
       "Odd"},
      {"endless page",
       {200, {}, std::string(17U << 20, ' ')},
       FaultReason::kBadListing,
       "cannot be trusted"},
      {"repeated token",
       {200, {}, Page(Entry("a"), "t")},
       FaultReason::kBadListing,
       "advance"},
      {"denied",
       {403, {}, Error("AccessDenied")},
       FaultReason::kBucketDenied,
       "s3:ListBucket on arn:aws:s3:::bucket"},
      {"no bucket",
       {404, {}, Error("NoSuchBucket")},
       FaultReason::kNoBucket,
       "no such bucket"},
      {"other region",
       {301, {{"x-amz-bucket-region", "eu-west-1"}}, Error("PermanentRedirect")},
       FaultReason::kWrongRegion,
       "set `region: eu-west-1`"},
      {"throttled", {503, {}, Error("SlowDown")}, FaultReason::kUnavailable, "HTTP 503"},
      {"expired", {400, {}, Error("ExpiredToken")}, FaultReason::kCredentials, "expired"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Serve([&](const Request&, size_t) { return c.answer; });
    const auto status = List().status();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(ReasonOf(status), c.reason) << status.ToString();
    EXPECT_THAT(status.message(), AllOf(HasSubstr("s3://bucket"), HasSubstr(c.text)));
  }
}

TEST_F(S3Faults, AListingAsksForFullPagesUnderThePrefix) {
  Serve([](const Request&, size_t) { return Answer{200, {}, Page("", "")}; });
  ASSERT_OK(List("a b/").status());
  const auto requests = server_->requests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].target,
            "/bucket/?encoding-type=url&list-type=2&max-keys=1000&prefix=a%20b%2F");
}

TEST_F(S3Faults, UrlEncodedKeysAreDecodedAndSignedAsTheyAre) {
  Serve([](const Request& request, size_t number) {
    if (number > 0) return Good(request, number);
    return Answer{
        200,
        {},
        Page("<EncodingType>url</EncodingType>" + Entry("a%0D%01%2B+b%EF%BF%BE"), "")};
  });
  ASSERT_OK_AND_ASSIGN(const auto keys, List());
  ASSERT_THAT(keys, SizeIs(1));
  EXPECT_EQ(keys[0], "a\r\x01+ b\xEF\xBF\xBE");
  object_.key = keys[0];
  ASSERT_OK(Read());
  EXPECT_EQ(server_->requests()[1].target, "/bucket/a%0D%01%2B%20b%EF%BF%BE");
}

}  // namespace
}  // namespace s3source
