// Listings of S3Store from servers that fail and lie.

#include "store/testing/s3_faults.h"

namespace s3source::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

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
    EXPECT_THAT(keys, ElementsAre("a"));
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
       "InternalError"},
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
}  // namespace s3source::testing
