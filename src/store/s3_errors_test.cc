#include "store/s3_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "store/fault.h"
#include "store/redacted.h"

namespace s3source {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Operation = S3Failure::Operation;

const S3Target kAws{"b1", "eu-central-1", "https://b1.s3.eu-central-1.amazonaws.com",
                    false, ""};
const S3Target kCustom{"b1", "us-east-1", "http://minio:9000", true, "work"};

S3Failure Answered(Operation operation, int status, const std::string& code,
                   const std::string& message = "") {
  S3Failure failure;
  failure.operation = operation;
  failure.prefix_or_key = "dir/a b";
  failure.http_status = status;
  failure.body = code.empty() ? ""
                              : "<Error><Code>" + code + "</Code><Message>" + message +
                                    "</Message></Error>";
  return failure;
}

S3Failure Unanswered(const std::string& error, Operation operation = Operation::kList) {
  S3Failure failure;
  failure.operation = operation;
  failure.prefix_or_key = "dir/a b";
  failure.crt_error = error;
  failure.crt_text = "what the library says";
  return failure;
}

TEST(FaultOf, SaysWhatHappenedAndWhatToDo) {
  constexpr auto kList = Operation::kList;
  constexpr auto kRead = Operation::kRead;
  const struct {
    S3Target target;
    S3Failure failure;
    FaultReason reason;
    const char* says;
  } cases[] = {
      {kAws, Answered(kList, 403, "AccessDenied"), FaultReason::kBucketDenied,
       "s3:ListBucket on arn:aws:s3:::b1 "},
      {kAws, Answered(kRead, 403, "AccessDenied"), FaultReason::kObjectDenied,
       "s3:GetObject on arn:aws:s3:::b1/dir/a b"},
      {kAws,
       Answered(kRead, 403, "AccessDenied", "not authorized to perform: kms:Decrypt"),
       FaultReason::kObjectDenied, "need kms:Decrypt"},
      {kAws, Answered(kRead, 403, ""), FaultReason::kObjectDenied, "HTTP 403"},
      {kAws, Answered(kList, 404, "NoSuchBucket"), FaultReason::kNoBucket,
       "no such bucket"},
      {kAws, Answered(kRead, 404, "NoSuchBucket"), FaultReason::kNoBucket,
       "no such bucket"},
      {kCustom, Answered(kList, 404, ""), FaultReason::kNoBucket, "endpoint"},
      {kCustom, Answered(kList, 400, "InvalidBucketName"), FaultReason::kNoBucket,
       "`bucket`"},
      {kAws, Answered(kRead, 404, "NoSuchKey"), FaultReason::kGone, "deleted after"},
      {kAws, Answered(kRead, 404, ""), FaultReason::kGone, "deleted after"},
      {kAws, Answered(kRead, 412, "PreconditionFailed"), FaultReason::kChanged,
       "overwritten"},
      {kAws, Answered(kRead, 416, ""), FaultReason::kChanged, "overwritten"},
      {kAws, Answered(kRead, 403, "InvalidObjectState"), FaultReason::kArchived,
       "restore it"},
      {kAws, Answered(kList, 403, "InvalidAccessKeyId"), FaultReason::kCredentials,
       "access key is not known"},
      {kCustom, Answered(kList, 403, "SignatureDoesNotMatch"), FaultReason::kCredentials,
       "profile \"work\" (field local_profile)"},
      {kAws, Answered(kRead, 400, "ExpiredToken"), FaultReason::kCredentials,
       "expired; renew"},
      {kAws, Answered(kList, 403, "RequestTimeTooSkewed"), FaultReason::kCredentials,
       "clock"},
      {kAws, Answered(kList, 401, ""), FaultReason::kCredentials, "refused"},
      {kAws,
       Answered(kList, 400, "AuthorizationHeaderMalformed",
                "the region 'eu-central-1' is wrong; expecting 'eu-west-1'"),
       FaultReason::kWrongRegion,
       "the bucket is in region eu-west-1, not eu-central-1; set `region: eu-west-1`"},
      {kAws, Answered(kList, 307, ""), FaultReason::kWrongRegion, "set `region`"},
      {kAws, Answered(kList, 503, "SlowDown"), FaultReason::kUnavailable,
       "lower `concurrency`"},
      {kAws, Answered(kRead, 500, ""), FaultReason::kUnavailable, "try again later"},
      {kAws, Answered(kList, 400, "InvalidArgument", "odd"), FaultReason::kBadListing,
       "InvalidArgument: odd"},
      {kAws, Answered(kList, 412, "PreconditionFailed"), FaultReason::kBadListing,
       "refused"},
      {kAws, Answered(kList, 416, ""), FaultReason::kBadListing, "refused"},
      {kAws, Answered(kList, 403, "InvalidObjectState"), FaultReason::kBadListing,
       "InvalidObjectState"},
      {kAws, Answered(kRead, 400, "InvalidArgument"), FaultReason::kObjectUnreadable,
       "cannot be read"},

      {kAws, Unanswered("AWS_IO_DNS_INVALID_NAME"), FaultReason::kUnreachable,
       "cannot be resolved; check the region"},
      {kCustom, Unanswered("AWS_IO_DNS_INVALID_NAME"), FaultReason::kUnreachable,
       "path_style"},
      {kCustom, Unanswered("AWS_IO_SOCKET_CONNECTION_REFUSED"), FaultReason::kUnreachable,
       "nothing listens at http://minio:9000"},
      {kAws, Unanswered("AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE"),
       FaultReason::kUnreachable, "AWS_CA_BUNDLE"},
      {kAws, Unanswered("AWS_ERROR_HTTP_CONNECTION_CLOSED", kRead),
       FaultReason::kUnreachable, "no working connection"},
      {kAws, Unanswered("AWS_AUTH_SIGNING_NO_CREDENTIALS"), FaultReason::kCredentials,
       "no credentials found; looked at the default AWS chain"},
      {kCustom, Unanswered("AWS_AUTH_SIGNING_NO_CREDENTIALS"), FaultReason::kCredentials,
       "profile \"work\""},
      // Nobody asked for it: no reason to end the sync as cancelled.
      {kAws, Unanswered("AWS_ERROR_SYS_CALL_FAILURE", kRead), FaultReason::kUnreachable,
       "no working connection"},
      {kAws, Unanswered("AWS_ERROR_HTTP_STREAM_CANCELLED", kRead),
       FaultReason::kUnreachable, "no working connection"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.failure.crt_error + " " + std::to_string(c.failure.http_status) + " " +
                 c.failure.body);
    const auto status = FaultOf(c.target, c.failure);
    EXPECT_EQ(ReasonOf(status), c.reason) << status.ToString();
    EXPECT_THAT(status.message(), HasSubstr(c.says));
    EXPECT_THAT(
        status.message(),
        HasSubstr(c.failure.operation == kRead ? "s3://b1/dir/a b: " : "s3://b1: "));
  }
}

TEST(MayPass, OnlyWhatTheNetworkOrALoadedServerIsToBlameFor) {
  constexpr auto kRead = Operation::kRead;
  const struct {
    S3Failure failure;
    bool may_pass;
  } cases[] = {
      {Answered(kRead, 503, "SlowDown"), true},
      {Answered(kRead, 400, "RequestTimeout"), true},
      {Answered(kRead, 429, ""), true},
      {Answered(kRead, 501, ""), false},
      {Answered(kRead, 404, "NoSuchKey"), false},
      {Answered(kRead, 403, "AccessDenied"), false},
      {Unanswered("AWS_ERROR_HTTP_CONNECTION_CLOSED"), true},
      {Unanswered("AWS_ERROR_HTTP_PROTOCOL_ERROR"), true},
      {Unanswered("AWS_IO_SOCKET_TIMEOUT"), true},
      {Unanswered("AWS_IO_DNS_QUERY_FAILED"), true},
      {Unanswered("AWS_ERROR_SYS_CALL_FAILURE"), true},
      {Unanswered("AWS_ERROR_INVALID_STATE"), true},
      {Unanswered("AWS_IO_DNS_INVALID_NAME"), false},
      {Unanswered("AWS_ERROR_HTTP_INVALID_HEADER_VALUE"), false},
      {Unanswered("AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE"), false},
      {Unanswered("AWS_AUTH_SIGNING_NO_CREDENTIALS"), false},
      {Unanswered("AWS_ERROR_SHORT_BUFFER"), false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.failure.crt_error + " " + std::to_string(c.failure.http_status));
    EXPECT_EQ(MayPass(c.failure), c.may_pass);
  }
}

TEST(FaultOf, TakesTheRegionFromTheHeaderFirst) {
  auto failure = Answered(Operation::kList, 301, "PermanentRedirect");
  failure.bucket_region = "ap-south-1";
  EXPECT_THAT(FaultOf(kAws, failure).message(), HasSubstr("set `region: ap-south-1`"));
}

TEST(FaultOf, TellsAnonymousRequestsThatTheBucketIsNotForEverybody) {
  S3Target target = kAws;
  target.anonymous = true;
  const struct {
    Operation operation;
    const char* action;
  } cases[] = {{Operation::kList, "s3:ListBucket on arn:aws:s3:::b1"},
               {Operation::kRead, "s3:GetObject on arn:aws:s3:::b1/dir/a b"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.action);
    const auto status = FaultOf(target, Answered(c.operation, 403, "AccessDenied"));
    EXPECT_THAT(status.message(), HasSubstr("`anonymous`"));
    EXPECT_THAT(status.message(), HasSubstr(c.action));
    EXPECT_THAT(status.message(), Not(HasSubstr("the credentials need")));
  }
}

TEST(FaultOf, NamesThePartitionOfTheRegion) {
  S3Target target = kAws;
  target.region = "cn-north-1";
  EXPECT_THAT(FaultOf(target, Answered(Operation::kList, 403, "AccessDenied")).message(),
              HasSubstr("arn:aws-cn:s3:::b1"));
}

TEST(FaultOf, ShowsTextOfOthersPrintableAndWithoutSecrets) {
  auto failure = Answered(Operation::kRead, 403, "AccessDenied",
                          "key AKIAIOSFODNN7EXAMPLE\nline two \x1b[31m");
  failure.prefix_or_key = "a\nb";
  const auto message = FaultOf(kAws, failure).message();
  EXPECT_THAT(message, HasSubstr("s3://b1/a\\nb: "));
  EXPECT_THAT(message, HasSubstr("key [redacted]\\nline two \\x1b[31m"));
  EXPECT_THAT(message, Not(HasSubstr("\n")));
  EXPECT_THAT(message, Not(HasSubstr("AKIA")));
}

TEST(FaultOf, DoesNotReadABodyThatIsFarLongerThanAnError) {
  auto failure = Answered(Operation::kRead, 403, "InvalidObjectState");
  EXPECT_EQ(ReasonOf(FaultOf(kAws, failure)), FaultReason::kArchived);
  failure.body += std::string(65 << 10, ' ');
  EXPECT_EQ(ReasonOf(FaultOf(kAws, failure)), FaultReason::kObjectDenied);
}

TEST(FaultOf, SurvivesBodiesThatAreNoXml) {
  for (const auto* body :
       {"", "<", "<Error>", "<Error><Code>", "\xff\xfe", "<a/>", "{}"}) {
    auto failure = Answered(Operation::kRead, 403, "");
    failure.body = body;
    EXPECT_EQ(ReasonOf(FaultOf(kAws, failure)), FaultReason::kObjectDenied) << body;
  }
}

TEST(Redacted, TakesOutKeysTokensAndSignaturesAndNothingElse) {
  const struct {
    const char* text;
    const char* redacted;
  } cases[] = {
      {"", ""},
      {"Access Denied", "Access Denied"},
      {"id ASIAIOSFODNN7EXAMPLE.", "id [redacted]."},
      {"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "[redacted]"},
      {"X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024&"
       "x=1",
       "X-Amz-Signature=[redacted]&x=1"},
      {"token IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQDf0+9=== x",
       "token [redacted] x"},
      {"X-Amz-Security-Token=IQoJb3JpZ2luX2VjEJr//////wEaCXVzLWVhc3QtMSJHMEU= x",
       "X-Amz-Security-Token=[redacted] x"},
      {"a == b, c=d=", "a == b, c=d="},
      {"User: arn:aws:iam::123456789012:user/JohnDoe is not authorized to perform: "
       "s3:ListBucket",
       "User: arn:aws:iam::123456789012:user/JohnDoe is not authorized to perform: "
       "s3:ListBucket"},
  };
  for (const auto& c : cases) EXPECT_EQ(Redacted(c.text), c.redacted);
}

}  // namespace
}  // namespace s3source
