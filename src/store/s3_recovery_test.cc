// What S3Store learns from the answers of a server, and what it tries again for them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "store/fault.h"
#include "store/s3_store.h"
#include "store/testing/local_s3_server.h"
#include "store/testing/scripted_server.h"

namespace s3source {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ScriptedServer;
using ::testing::SizeIs;
using Answer = ScriptedServer::Answer;
using Request = ScriptedServer::Request;
using std::chrono::hours;

std::string Error(const std::string& code, const std::string& more = "") {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code>" + more + "</Error>";
}

Answer Good() {
  return {206, {{"ETag", "\"v1\""}, {"Content-Range", "bytes 0-9/10"}}, "0123456789"};
}

Answer EmptyPage(const std::map<std::string, std::string>& headers = {}) {
  return {200, headers,
          "<ListBucketResult><IsTruncated>false</IsTruncated>"
          "</ListBucketResult>"};
}

/// "key/day/region/service/aws4_request", which a request is signed for.
std::string ScopeOf(const Request& request) {
  const std::string& text = request.headers.at("authorization");
  const auto from = text.find("Credential=") + 11;
  return text.substr(from, text.find(',', from) - from);
}

class S3Recovery : public ::testing::Test {
 protected:
  S3Recovery() {
    options_.bucket = "bucket";
    options_.region = "us-east-1";
    options_.path_style = true;
    options_.retries = 3;
    options_.retry_base = std::chrono::milliseconds(1);
    options_.environment = [this](const std::string& name) { return Variable(name); };
  }

  /// Another access key each time.
  std::optional<std::string> Variable(const std::string& name) {
    std::lock_guard lock(mutex_);
    if (name == "AWS_ACCESS_KEY_ID") return fmt::format("AKIA{:016}", keys_given_++);
    if (name == "AWS_SECRET_ACCESS_KEY") return "secret";
    if (name == "AWS_EC2_METADATA_DISABLED") return "true";
    return std::nullopt;
  }

  void Open() {
    auto store = S3Store::Open(options_, logger_);
    ASSERT_OK(store.status());
    store_ = *std::move(store);
  }
  void Serve(ScriptedServer::Script script) {
    server_ = std::make_unique<ScriptedServer>(std::move(script));
    options_.endpoint = server_->url();
    Open();
  }

  arrow::Future<std::shared_ptr<arrow::Buffer>> StartRead() {
    return store_->Read({"key", "\"v1\"", 10, {}, ""}, {0, 10}, {});
  }
  arrow::Status Read() { return StartRead().status(); }
  arrow::Status List() {
    return store_->List("", {},
                        [](const std::vector<Object>&) { return arrow::Status::OK(); });
  }

  std::mutex mutex_;
  int keys_given_ = 0;
  cq::RecordingLogger logger_;
  S3Options options_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(S3Recovery, AClockThatIsTooFarOffIsToldAfterOneMoreAttempt) {
  // 2024-01-02 03:04:05 UTC.
  options_.now = [] {
    return std::chrono::system_clock::time_point(std::chrono::seconds(1'704'164'645));
  };
  const struct {
    const char* date;
    const char* text;
  } cases[] = {
      {"Tue, 02 Jan 2024 05:04:06 GMT", "off by 7201 s (it is slow)"},
      {"Tue, 02 Jan 2024 02:04:05 GMT", "off by 3600 s (it is fast)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.date);
    Serve([&](const Request&, size_t) {
      return Answer{403, {{"Date", c.date}}, Error("RequestTimeTooSkewed")};
    });
    for (const arrow::Status& status : {List(), Read()}) {
      EXPECT_EQ(ReasonOf(status), FaultReason::kCredentials) << status.ToString();
      EXPECT_THAT(status.message(), AllOf(HasSubstr(c.text), HasSubstr("NTP")));
    }
    EXPECT_THAT(server_->requests(), SizeIs(4)) << "once more each";
  }
}

TEST_F(S3Recovery, WhereThisClockIsTooFarOffTheServersIsSignedWith) {
  // 2024-01-02 03:04:05 UTC, and two hours later.
  options_.now = [] {
    return std::chrono::system_clock::time_point(std::chrono::seconds(1'704'164'645));
  };
  Serve([&](const ScriptedServer::Request& request, size_t) {
    Answer answer = Good();
    if (!request.headers.at("x-amz-date").starts_with("20240102T0504")) {
      answer = {403, {}, Error("RequestTimeTooSkewed")};
    }
    answer.headers["Date"] = "Tue, 02 Jan 2024 05:04:05 GMT";
    return answer;
  });
  ASSERT_OK(Read());
  ASSERT_OK(Read());
  const auto requests = server_->requests();
  ASSERT_THAT(requests, SizeIs(3)) << "only the first is signed with this clock";
  EXPECT_EQ(requests[0].headers.at("x-amz-date"), "20240102T030405Z");
  std::vector<cq::RecordingLogger::Line> warnings;
  for (auto& line : logger_.lines()) {
    if (line.level == cq::LogLevel::kWarn) warnings.push_back(std::move(line));
  }
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_THAT(warnings[0].message, HasSubstr("NTP"));
  EXPECT_EQ(warnings[0].Field("off_by_seconds"), "-7200");
}

TEST_F(S3Recovery, TheStoresClockIsToldByItsLastAnswer) {
  // 2024-01-02 03:04:05 UTC.
  options_.now = [] {
    return std::chrono::system_clock::time_point(std::chrono::seconds(1'704'164'645));
  };
  std::vector<Answer> answers = {
      EmptyPage({{"Date", "Tue, 02 Jan 2024 05:04:05 GMT"}}),
      EmptyPage({{"Date", "Tue, 02 Jan 2024 00:04:05 GMT"}}),
      EmptyPage(),
      EmptyPage({{"Date", "yesterday"}}),
      EmptyPage({{"Date", "Fri, 31 Dec 9999 00:00:00 GMT"}}),
      {404, {{"Date", "Tue, 02 Jan 2024 04:04:05 GMT"}}, Error("NoSuchKey")},
  };
  Serve([&](const Request&, size_t number) { return answers.at(number); });
  // The answer took its time, too.
  const auto ahead = [this] { return std::chrono::round<hours>(store_->ClockOffset()); };
  EXPECT_EQ(store_->ClockOffset(), std::chrono::nanoseconds(0)) << "not known yet";
  ASSERT_OK(List());
  EXPECT_EQ(ahead(), hours(2));
  ASSERT_OK(List());
  EXPECT_EQ(ahead(), hours(-3));
  for (const char* name : {"no date", "no date either", "a date beyond all clocks"}) {
    SCOPED_TRACE(name);
    ASSERT_OK(List());
    EXPECT_EQ(ahead(), hours(-3)) << "as before";
  }
  EXPECT_EQ(ReasonOf(Read()), FaultReason::kGone);
  EXPECT_EQ(ahead(), hours(1));
}

TEST_F(S3Recovery, RequestsThatAreSentAgainAreCounted) {
  Serve([](const Request&, size_t number) {
    if (number == 0 || number == 1) return Answer{503, {}, Error("SlowDown")};
    if (number == 3) return Answer{400, {}, Error("ExpiredToken")};
    return Good();
  });
  ASSERT_OK(Read());
  EXPECT_EQ(store_->retries(), 2);
  ASSERT_OK(Read());
  EXPECT_EQ(store_->retries(), 3) << "other credentials are another try";
  ASSERT_OK(Read());
  EXPECT_EQ(store_->retries(), 3);
}

TEST_F(S3Recovery, ExpiredCredentialsAreRenewedAndTheRequestIsSentAgain) {
  const struct {
    int status;
    const char* code;
  } cases[] = {{400, "ExpiredToken"},
               {403, "ExpiredTokenException"},
               {400, "TokenRefreshRequired"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.code);
    keys_given_ = 0;
    const auto serve = [&](const Answer& good) {
      Serve([&c, good](const Request&, size_t number) {
        return number == 0 ? Answer{c.status, {}, Error(c.code)} : good;
      });
    };
    serve(Good());
    ASSERT_OK(Read());
    ASSERT_THAT(server_->requests(), SizeIs(2));
    EXPECT_THAT(ScopeOf(server_->requests()[0]), HasSubstr("AKIA0000000000000000/"));
    EXPECT_THAT(ScopeOf(server_->requests()[1]), HasSubstr("AKIA0000000000000001/"));
    serve(EmptyPage());
    ASSERT_OK(List());
    EXPECT_THAT(server_->requests(), SizeIs(2));
  }
}

TEST_F(S3Recovery, CredentialsThatStayExpiredAreTheFault) {
  Serve([](const Request&, size_t) { return Answer{400, {}, Error("ExpiredToken")}; });
  const auto status = Read();
  EXPECT_EQ(ReasonOf(status), FaultReason::kCredentials) << status.ToString();
  EXPECT_THAT(status.message(), AllOf(HasSubstr("expired"), HasSubstr("2 attempts")));
  EXPECT_THAT(server_->requests(), SizeIs(2));
}

TEST_F(S3Recovery, ManyRequestsThatFindTheCredentialsExpiredRenewThemOnce) {
  constexpr size_t kMany = 8;
  std::mutex mutex;
  std::condition_variable arrived;
  size_t begun = 0;
  Serve([&](const Request& request, size_t) {
    if (ScopeOf(request).find("AKIA0000000000000000/") == std::string::npos)
      return Good();
    std::unique_lock lock(mutex);
    ++begun;
    arrived.notify_all();
    arrived.wait(lock, [&] { return begun >= kMany; });
    return Answer{400, {}, Error("ExpiredToken")};
  });
  std::vector<arrow::Future<std::shared_ptr<arrow::Buffer>>> reads;
  for (size_t i = 0; i < kMany; ++i) reads.push_back(StartRead());
  for (const auto& read : reads) EXPECT_OK(read.status());
  EXPECT_THAT(server_->requests(), SizeIs(2 * kMany));
  std::lock_guard lock(mutex_);
  EXPECT_EQ(keys_given_, 2);
}

TEST_F(S3Recovery, CredentialsAreRenewedEachTimeTheyExpire) {
  Serve([](const Request&, size_t number) {
    return number % 2 == 0 ? Answer{400, {}, Error("ExpiredToken")} : Good();
  });
  for (int i = 0; i < 3; ++i) ASSERT_OK(Read());
  EXPECT_THAT(server_->requests(), SizeIs(6));
}

TEST_F(S3Recovery, DestructionEndsARequestThatIsSentAgain) {
  std::promise<void> arrived;
  Serve([&](const Request&, size_t number) {
    if (number == 0) return Answer{400, {}, Error("ExpiredToken")};
    arrived.set_value();
    return Answer{.stall = true};
  });
  const auto read = StartRead();
  ASSERT_EQ(arrived.get_future().wait_for(std::chrono::seconds(60)),
            std::future_status::ready);
  store_.reset();
  ASSERT_TRUE(read.is_finished());
  EXPECT_TRUE(read.status().IsCancelled()) << read.status().ToString();
}

/// AWS as far as two regions of it, and a bucket that says it is elsewhere.
class S3Regions : public S3Recovery {
 protected:
  S3Regions() {
    options_.aws_url = [this](const std::string& region) {
      const auto server = servers_.find(region);
      return server == servers_.end() ? "http://127.0.0.1:1" : server->second->url();
    };
  }
  ~S3Regions() override { store_.reset(); }

  void Answering(const std::string& region, ScriptedServer::Script script) {
    // Each its own address, as regions of AWS have.
    const auto host = hosts_.try_emplace(region, hosts_.size() + 1).first->second;
    servers_[region] = std::make_unique<ScriptedServer>(std::move(script),
                                                        fmt::format("127.0.0.{}", host));
  }
  std::vector<Request> At(const std::string& region) {
    return servers_.at(region)->requests();
  }

  std::map<std::string, size_t> hosts_;
  std::map<std::string, std::unique_ptr<ScriptedServer>> servers_;
};

Answer Elsewhere(const std::string& region) {
  return {301, {{"x-amz-bucket-region", region}}, Error("PermanentRedirect")};
}

TEST_F(S3Regions, ABucketInAnotherRegionIsReadThere) {
  const struct {
    const char* name;
    Answer answer;
  } cases[] = {
      {"redirect", Elsewhere("eu-west-1")},
      {"malformed, header",
       {400,
        {{"x-amz-bucket-region", "eu-west-1"}},
        Error("AuthorizationHeaderMalformed")}},
      {"malformed, body",
       {400, {}, Error("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>")}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    store_.reset();
    Answering("us-east-1", [&](const Request&, size_t) { return c.answer; });
    Answering("eu-west-1", [](const Request& request, size_t) {
      return request.headers.contains("range") ? Good() : EmptyPage();
    });
    Open();
    ASSERT_OK(List());
    ASSERT_OK(Read());
    ASSERT_OK(Read());
    ASSERT_THAT(At("us-east-1"), SizeIs(1)) << "asked there no more";
    EXPECT_THAT(ScopeOf(At("us-east-1")[0]), HasSubstr("/us-east-1/s3/"));
    ASSERT_THAT(At("eu-west-1"), SizeIs(3));
    for (const auto& request : At("eu-west-1")) {
      EXPECT_THAT(ScopeOf(request), HasSubstr("/eu-west-1/s3/"));
      EXPECT_EQ("http://" + request.headers.at("host"), servers_["eu-west-1"]->url());
    }
  }
}

TEST_F(S3Regions, TheRegionToConfigureIsToldOnce) {
  constexpr size_t kMany = 8;
  std::mutex mutex;
  std::condition_variable arrived;
  size_t begun = 0;
  Answering("us-east-1", [&](const Request&, size_t) {
    std::unique_lock lock(mutex);
    ++begun;
    arrived.notify_all();
    arrived.wait(lock, [&] { return begun >= kMany; });
    return Elsewhere("eu-west-1");
  });
  Answering("eu-west-1", [](const Request&, size_t) { return Good(); });
  Open();
  std::vector<arrow::Future<std::shared_ptr<arrow::Buffer>>> reads;
  for (size_t i = 0; i < kMany; ++i) reads.push_back(StartRead());
  for (const auto& read : reads) EXPECT_OK(read.status());
  const std::string text = logger_.text();
  const auto first = text.find("set `region: eu-west-1`");
  ASSERT_NE(first, std::string::npos) << text;
  EXPECT_EQ(text.find("set `region: eu-west-1`", first + 1), std::string::npos) << text;
}

TEST_F(S3Regions, ASecondMoveIsNotFollowed) {
  Answering("us-east-1", [](const Request&, size_t) { return Elsewhere("eu-west-1"); });
  Answering("eu-west-1", [](const Request&, size_t) { return Elsewhere("ap-south-1"); });
  Answering("ap-south-1", [](const Request&, size_t) { return Good(); });
  Open();
  for (int i = 0; i < 2; ++i) {
    const auto status = Read();
    EXPECT_EQ(ReasonOf(status), FaultReason::kWrongRegion) << status.ToString();
    EXPECT_THAT(status.message(), HasSubstr("set `region: ap-south-1`"));
  }
  EXPECT_THAT(At("us-east-1"), SizeIs(1));
  EXPECT_THAT(At("eu-west-1"), SizeIs(2));
  EXPECT_THAT(At("ap-south-1"), IsEmpty());
}

TEST_F(S3Regions, NothingIsFollowedOutOfAws) {
  for (const char* region : {"cn-north-1", "evil.example.com/", "us-east-1", ""}) {
    SCOPED_TRACE(region);
    store_.reset();
    Answering("us-east-1", [&](const Request&, size_t) { return Elsewhere(region); });
    for (const char* there : {"cn-north-1", "evil.example.com/"}) {
      Answering(there, [](const Request&, size_t) { return Good(); });
    }
    Open();
    EXPECT_EQ(ReasonOf(Read()), FaultReason::kWrongRegion);
    EXPECT_THAT(At("us-east-1"), SizeIs(1));
    EXPECT_THAT(At("cn-north-1"), IsEmpty());
    EXPECT_THAT(At("evil.example.com/"), IsEmpty());
  }
}

TEST_F(S3Regions, ARedirectOfAnotherServiceIsExplainedOnly) {
  Answering("eu-west-1", [](const Request&, size_t) { return Good(); });
  Serve([](const Request&, size_t) { return Elsewhere("eu-west-1"); });
  const auto status = Read();
  EXPECT_EQ(ReasonOf(status), FaultReason::kWrongRegion);
  EXPECT_THAT(status.message(), HasSubstr("set `region: eu-west-1`"));
  EXPECT_THAT(server_->requests(), SizeIs(1));
  EXPECT_THAT(At("eu-west-1"), IsEmpty());
}

}  // namespace
}  // namespace s3source
