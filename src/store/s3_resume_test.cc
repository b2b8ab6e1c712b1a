// Reads of S3Store whose body breaks off, and that go on where it did.
#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "store/testing/s3_faults.h"

namespace s3source::testing {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;
using ::testing::SizeIs;

constexpr int64_t kStep = 16 << 10;
constexpr int64_t kBytes = 30 * kStep + 1234;
constexpr int64_t kOffset = 1000;
constexpr int64_t kObjectBytes = kBytes + 5000;

std::string Content() {
  std::string content;
  while (content.size() < kObjectBytes) content += fmt::format("{} ", content.size());
  content.resize(kObjectBytes);
  return content;
}

/// "bytes=5-9" of a request.
std::pair<int64_t, int64_t> RangeOf(const Request& request) {
  const std::string& text = request.headers.at("range");
  const auto dash = text.find('-');
  return {std::stoll(text.substr(6, dash - 6)), std::stoll(text.substr(dash + 1))};
}

class S3Resume : public S3Faults {
 protected:
  /// What a true server answers, but for its body's end.
  Answer Part(const Request& request, std::optional<int64_t> sent = std::nullopt) const {
    const auto [begin, end] = RangeOf(request);
    const int64_t length = end - begin + 1;
    Answer answer{
        206,
        {{"ETag", "\"v1\""},
         {"Content-Range", fmt::format("bytes {}-{}/{}", begin, end, kObjectBytes)}},
        content_.substr(begin, sent.value_or(length))};
    answer.declared_length = length;
    return answer;
  }

  void ServeObject(ScriptedServer::Script script) {
    object_.size_bytes = kObjectBytes;
    Serve(std::move(script));
  }

  arrow::Result<std::string> ReadAll() { return Read({kOffset, kBytes}); }
  std::string Expected() const { return content_.substr(kOffset, kBytes); }

  const std::string content_ = Content();
  std::string large_;
};

TEST_F(S3Resume, ABodyThatBreaksOffIsAskedForFromItsNextByteOn) {
  constexpr int64_t kSent = 3 * kStep + 101;
  const struct {
    const char* name;
    bool close;
    bool reset;
  } cases[] = {{"silence", false, false}, {"close", true, false}, {"reset", false, true}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ServeObject([&](const Request& request, size_t number) {
      if (number > 0) return Part(request);
      Answer answer = Part(request, kSent);
      answer.close = c.close;
      answer.reset = c.reset;
      return answer;
    });
    ASSERT_OK_AND_ASSIGN(const auto bytes, ReadAll());
    EXPECT_EQ(bytes, Expected());
    EXPECT_GE(store_->retries(), 1);
    const auto requests = server_->requests();
    ASSERT_THAT(requests, SizeIs(2));
    const auto [begin, end] = RangeOf(requests[1]);
    // What a reset connection had not given yet is lost.
    EXPECT_THAT(begin, c.reset ? AllOf(Ge(kOffset), Le(kOffset + kSent))
                               : AllOf(Ge(kOffset + kSent), Le(kOffset + kSent)));
    EXPECT_EQ(end, kOffset + kBytes - 1);
    EXPECT_EQ(requests[1].headers.at("if-match"), "\"v1\"");
  }
}

TEST_F(S3Resume, ABodyThatBreaksOffAgainAndAgainMakesProgress) {
  constexpr int64_t kSent = kStep + 10;
  ServeObject([&](const Request& request, size_t) {
    const auto [begin, end] = RangeOf(request);
    if (end - begin + 1 <= 2 * kStep) return Part(request);
    Answer answer = Part(request, kSent);
    answer.close = true;
    return answer;
  });
  ASSERT_OK_AND_ASSIGN(const auto bytes, ReadAll());
  EXPECT_EQ(bytes, Expected());
  // Far more than the four attempts that bring nothing.
  const auto requests = server_->requests();
  ASSERT_THAT(requests, SizeIs(30));
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(RangeOf(requests[i]).first, kOffset + static_cast<int64_t>(i) * kSent);
  }
}

TEST_F(S3Resume, WithoutProgressTheAttemptsAreBounded) {
  ServeObject([&](const Request& request, size_t number) {
    Answer answer = Part(request, number == 0 ? 2 * kStep + 10 : 0);
    answer.close = number > 0;
    return answer;
  });
  const auto status = ReadAll().status();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(ReasonOf(status), FaultReason::kUnreachable) << status.ToString();
  EXPECT_THAT(server_->requests(), SizeIs(5));
}

TEST_F(S3Resume, LittleProgressAtATimeIsBoundedToo) {
  // A hundredth of the range with each attempt.
  large_ = std::string(100 * kStep, 'x');
  object_.size_bytes = static_cast<int64_t>(large_.size());
  Serve([&](const Request& request, size_t) {
    const auto [begin, end] = RangeOf(request);
    Answer answer{
        206,
        {{"ETag", "\"v1\""},
         {"Content-Range", fmt::format("bytes {}-{}/{}", begin, end, large_.size())}},
        large_.substr(begin, kStep + 10)};
    answer.declared_length = end - begin + 1;
    answer.close = true;
    return answer;
  });
  const auto status = Read({0, object_.size_bytes}).status();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(ReasonOf(status), FaultReason::kUnreachable) << status.ToString();
  EXPECT_THAT(server_->requests(), SizeIs(4));
}

TEST_F(S3Resume, PiecesOfTwoVersionsAreNeverPutTogether) {
  const struct {
    const char* name;
    std::map<std::string, std::string> changed;
    FaultReason reason;
  } cases[] = {
      {"another version", {{"ETag", "\"v2\""}}, FaultReason::kChanged},
      {"another size",
       {{"Content-Range", fmt::format("bytes {}-{}/{}", kOffset + 3 * kStep,
                                      kOffset + kBytes - 1, kObjectBytes + 1)}},
       FaultReason::kObjectUnreadable},
      {"another place",
       {{"Content-Range",
         fmt::format("bytes {}-{}/{}", kOffset + 1, kOffset + kBytes - 1, kObjectBytes)}},
       FaultReason::kObjectUnreadable},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ServeObject([&](const Request& request, size_t number) {
      Answer answer = number > 0 ? Part(request) : Part(request, 3 * kStep + 100);
      if (number == 0) return answer;
      for (const auto& [name, value] : c.changed) answer.headers[name] = value;
      return answer;
    });
    const auto status = ReadAll().status();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(ReasonOf(status), c.reason) << status.ToString();
  }
}

TEST_F(S3Resume, WhatIsNotOfTheVersionListedIsNotKept) {
  ServeObject([&](const Request& request, size_t number) {
    if (number > 0) return Part(request);
    Answer answer = Part(request, 3 * kStep);
    answer.body.assign(answer.body.size(), 'x');
    answer.headers["ETag"] = "\"v2\"";
    return answer;
  });
  ASSERT_OK_AND_ASSIGN(const auto bytes, ReadAll());
  EXPECT_EQ(bytes, Expected());
  EXPECT_EQ(RangeOf(server_->requests().at(1)).first, kOffset);
}

TEST_F(S3Resume, WhatCameOfAnotherVersionIsNotTakenForArrivedLater) {
  for (const bool whole : {false, true}) {
    SCOPED_TRACE(whole ? "the whole object" : "another version");
    ServeObject([&](const Request& request, size_t number) {
      if (number > 1) return Part(request);
      Answer answer = Part(request, number == 0 ? 3 * kStep + 100 : kStep + 100);
      answer.close = number > 0;
      if (number > 0) return answer;
      answer.body.assign(answer.body.size(), 'x');
      if (whole) {
        answer.status = 200;
        answer.headers.erase("Content-Range");
      } else {
        answer.headers["ETag"] = "\"v2\"";
      }
      return answer;
    });
    ASSERT_OK_AND_ASSIGN(const auto bytes, ReadAll());
    EXPECT_EQ(bytes, Expected());
    const auto requests = server_->requests();
    ASSERT_THAT(requests, SizeIs(3));
    EXPECT_EQ(RangeOf(requests[1]).first, kOffset);
    EXPECT_EQ(RangeOf(requests[2]).first, kOffset + kStep + 100);
  }
}

}  // namespace
}  // namespace s3source::testing
