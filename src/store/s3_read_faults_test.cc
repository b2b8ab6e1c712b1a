// Reads of S3Store from servers that fail, lie and stall.
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "store/limited_store.h"
#include "store/testing/s3_faults.h"

namespace s3source::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

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

TEST_F(S3Faults, AnonymousRequestsAreNotSigned) {
  for (const bool anonymous : {true, false}) {
    SCOPED_TRACE(anonymous);
    change_ = [&](S3Options& options) { options.anonymous = anonymous; };
    Serve([](const Request& request, size_t number) {
      return request.headers.contains("range") ? Good(request, number)
                                               : Answer{200, {}, Page("", "")};
    });
    ASSERT_OK(List());
    ASSERT_OK(Read());
    ASSERT_THAT(server_->requests(), SizeIs(2));
    for (const Request& request : server_->requests()) {
      EXPECT_EQ(request.headers.contains("authorization"), !anonymous);
      EXPECT_EQ(request.headers.contains("x-amz-date"), !anonymous);
    }
  }
}

TEST_F(S3Faults, AProxyOfTheEnvironmentIsAsked) {
  ScriptedServer proxy(Good);
  // The library reads the process's own.
  ASSERT_EQ(setenv("HTTP_PROXY", proxy.url().c_str(), 1), 0);
  change_ = [](S3Options& options) { options.endpoint = "http://store.test:81"; };
  Serve(Good);
  const auto read = Read();
  unsetenv("HTTP_PROXY");
  ASSERT_OK(read.status());
  ASSERT_THAT(proxy.requests(), SizeIs(1));
  EXPECT_EQ(proxy.requests()[0].target, "http://bucket.store.test:81/dir/key");
}

TEST_F(S3Faults, PassingTroubleIsRetriedAndNotSeen) {
  const struct {
    const char* name;
    Answer answer;
  } cases[] = {
      {"throttled", {503, {}, Error("SlowDown")}},
      {"internal error", {500, {}, Error("InternalError")}},
      {"too many requests", {429, {}, Error("TooManyRequests")}},
      {"too many requests, in no words", {429, {}, ""}},
      {"throttled by name", {400, {}, Error("ThrottlingException")}},
      {"a timeout by status", {408, {}, "<html/>"}},
      {"a server's own 5xx", {520, {}, "<html/>"}},
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

TEST_F(S3Faults, TroubleThatStaysIsBounded) {
  Serve([](const Request&, size_t) { return Answer{429, {}, Error("TooManyRequests")}; });
  for (const arrow::Status& status : {Read().status(), List().status()}) {
    EXPECT_EQ(ReasonOf(status), FaultReason::kUnavailable) << status.ToString();
    EXPECT_THAT(status.message(), AllOf(HasSubstr("4 attempts"), HasSubstr("HTTP 429")));
  }
  EXPECT_THAT(server_->requests(), SizeIs(8));
}

TEST_F(S3Faults, OfAnEndlessErrorTextTheRestIsNotAwaited) {
  for (const int status : {503, 403}) {
    SCOPED_TRACE(status);
    Serve([&](const Request&, size_t) {
      // Of a gigabyte that never comes.
      return Answer{.status = status,
                    .body = std::string(1 << 20, 'x'),
                    .declared_length = 1 << 30};
    });
    const arrow::Status read = Read().status();
    EXPECT_EQ(ReasonOf(read),
              status == 503 ? FaultReason::kUnavailable : FaultReason::kObjectDenied)
        << read.ToString();
    EXPECT_THAT(read.message(), HasSubstr("HTTP " + std::to_string(status)));
    EXPECT_THAT(server_->requests(), SizeIs(status == 503 ? 4 : 1));
  }
  EXPECT_THAT(logger_.text(), Not(HasSubstr("THROUGHPUT"))) << "waited for";
}

TEST_F(S3Faults, WhatTheServerCannotDoIsNotAskedForAgain) {
  for (const int status : {400, 403, 404, 405, 412, 501}) {
    SCOPED_TRACE(status);
    Serve([&](const Request&, size_t) { return Answer{status, {}, Error("Odd")}; });
    EXPECT_FALSE(Read().ok());
    EXPECT_THAT(server_->requests(), SizeIs(1));
  }
}

TEST_F(S3Faults, AttemptsOfEveryKindOfTroubleCountTogether) {
  Serve([](const Request&, size_t number) {
    return number % 2 == 0 ? Answer{429, {}, ""} : Answer{503, {}, Error("SlowDown")};
  });
  const auto status = Read().status();
  EXPECT_EQ(ReasonOf(status), FaultReason::kUnavailable) << status.ToString();
  EXPECT_THAT(server_->requests(), SizeIs(4));
}

TEST_F(S3Faults, EachAttemptIsToldWithItsIdStatusAndTime) {
  Serve([&](const Request& request, size_t number) {
    if (number == 0) {
      return Answer{503, {{"x-amz-request-id", "FIRST1"}}, Error("SlowDown")};
    }
    Answer good = Good(request, number);
    good.headers.emplace("x-amz-request-id", "SECOND2");
    return good;
  });
  ASSERT_OK(Read());
  std::vector<cq::RecordingLogger::Line> told;
  for (auto& line : logger_.lines()) {
    if (line.message.starts_with("S3 request")) told.push_back(std::move(line));
  }
  ASSERT_THAT(told, SizeIs(2));
  const struct {
    const char* message;
    const char* attempt;
    const char* status;
    const char* id;
  } expected[] = {{"S3 request failed", "1", "503", "FIRST1"},
                  {"S3 request", "2", "206", "SECOND2"}};
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(told[i].level, cq::LogLevel::kDebug);
    EXPECT_EQ(told[i].message, expected[i].message);
    EXPECT_EQ(told[i].Field("operation"), "GetObject");
    EXPECT_EQ(told[i].Field("attempt"), expected[i].attempt);
    EXPECT_EQ(told[i].Field("status"), expected[i].status);
    EXPECT_EQ(told[i].Field("request_id"), expected[i].id);
    EXPECT_GT(std::stod(told[i].Field("milliseconds")), 0);
  }
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
    // One more where what was too much is taken for the next answer of the connection.
    EXPECT_THAT(server_->requests(), AnyOf(SizeIs(2), SizeIs(3)));
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

}  // namespace
}  // namespace s3source::testing
