#include "store/s3_uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

S3Options Options(const std::string& bucket, const std::string& region,
                  const std::string& endpoint = "", bool path_style = false) {
  S3Options options;
  options.bucket = bucket;
  options.region = region;
  options.endpoint = endpoint;
  options.path_style = path_style;
  return options;
}

TEST(S3Address, PutsTheBucketWhereItFits) {
  const struct {
    const char* name;
    S3Options options;
    const char* url;
    const char* target;
  } cases[] = {
      {"AWS", Options("b1", "eu-west-1"), "https://b1.s3.eu-west-1.amazonaws.com", "/k"},
      {"China", Options("b1", "cn-north-1"), "https://b1.s3.cn-north-1.amazonaws.com.cn",
       "/k"},
      {"GovCloud", Options("b1", "us-gov-west-1"),
       "https://b1.s3.us-gov-west-1.amazonaws.com", "/k"},
      {"isolated", Options("b1", "us-isob-east-1"),
       "https://b1.s3.us-isob-east-1.sc2s.sgov.gov", "/k"},
      {"sovereign", Options("b1", "eusc-de-east-1"),
       "https://b1.s3.eusc-de-east-1.amazonaws.eu", "/k"},
      {"path style", Options("b1", "eu-west-1", "", true),
       "https://s3.eu-west-1.amazonaws.com", "/b1/k"},
      {"dots under TLS", Options("a.b", "eu-west-1"),
       "https://s3.eu-west-1.amazonaws.com", "/a.b/k"},
      {"dots without TLS", Options("a.b", "r", "http://s3.test"), "http://a.b.s3.test",
       "/k"},
      {"upper case", Options("Old_Bucket", "us-east-1"),
       "https://s3.us-east-1.amazonaws.com", "/Old_Bucket/k"},
      {"endpoint", Options("b1", "r", "https://s3.test"), "https://b1.s3.test", "/k"},
      {"slash", Options("b1", "r", "https://s3.test/"), "https://b1.s3.test", "/k"},
      {"scheme in capitals", Options("b1", "r", "HTTP://s3.test"), "http://b1.s3.test",
       "/k"},
      {"port", Options("b1", "r", "http://minio:9000", true), "http://minio:9000",
       "/b1/k"},
      {"own port", Options("b1", "r", "http://minio:80", true), "http://minio", "/b1/k"},
      {"own TLS port", Options("b1", "r", "https://minio:443", true), "https://minio",
       "/b1/k"},
      {"region of another service", Options("b1", "RegionOne", "http://ceph:8080", true),
       "http://ceph:8080", "/b1/k"},
      {"IPv4", Options("b1", "r", "http://127.0.0.1:9000"), "http://127.0.0.1:9000",
       "/b1/k"},
      {"IPv6", Options("b1", "r", "http://[::1]:9000"), "http://[::1]:9000", "/b1/k"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ASSERT_OK_AND_ASSIGN(const auto address, S3Address::Make(c.options));
    EXPECT_EQ(address.url(), c.url);
    EXPECT_EQ(address.ObjectTarget("k"), c.target);
    EXPECT_EQ(address.custom(), !c.options.endpoint.empty());
  }
}

TEST(S3Address, RefusesWhatIsNoAddressAndNamesTheField) {
  const struct {
    S3Options options;
    const char* field;
  } cases[] = {
      {Options("", "r"), "bucket "},
      {Options("a/b", "r"), "bucket "},
      {Options("s3://b", "r"), "bucket "},
      {Options("..", "r"), "bucket "},
      {Options("a\r\nHost: x", "r"), "bucket "},
      {Options("b", ""), "region "},
      {Options("b", "eu-west-1.evil.test/"), "region "},
      {Options("b", "RegionOne"), "give its base URL as endpoint"},
      {Options("b", "r/x", "http://minio"), "region "},
      {Options("b", "r", "minio:9000"), "endpoint "},
      {Options("b", "r", "ftp://minio"), "endpoint "},
      {Options("b", "r", "http://"), "endpoint "},
      {Options("b", "r", "http://minio:0"), "endpoint "},
      {Options("b", "r", "http://minio:65536"), "endpoint "},
      {Options("b", "r", "http://minio:"), "endpoint "},
      {Options("b", "r", "http://minio/path"), "endpoint "},
      {Options("b", "r", "http://minio?x"), "endpoint "},
      {Options("b", "r", "http://mi nio"), "endpoint "},
      {Options("b", "r", "http://169.254.169.254"), "endpoint "},
      {Options("b", "r", "http://[fd00:ec2::254]"), "endpoint "},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.options.bucket + " " + c.options.region + " " + c.options.endpoint);
    EXPECT_THAT(S3Address::Make(c.options),
                ::cq::testing::StatusIs(arrow::StatusCode::Invalid, HasSubstr(c.field)));
  }
}

TEST(S3Address, NeverShowsAPasswordInTheEndpoint) {
  const auto status =
      S3Address::Make(Options("b", "r", "http://user:hunter2@minio")).status();
  EXPECT_TRUE(status.IsInvalid());
  EXPECT_THAT(status.message(), AllOf(HasSubstr("endpoint"), Not(HasSubstr("hunter2"))));
}

TEST(S3Address, TakesTheEndpointFromTheEnvironmentWhereTheSpecHasNone) {
  std::map<std::string, std::string> variables;
  const auto url = [&](const std::string& endpoint) {
    auto options = Options("b", "r", endpoint, true);
    options.environment = [&](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    auto address = S3Address::Make(options);
    return address.ok() ? address->url() : address.status().message();
  };
  EXPECT_EQ(url(""), "https://s3.r.amazonaws.com");
  variables["AWS_ENDPOINT_URL"] = "http://general:1";
  EXPECT_EQ(url(""), "http://general:1");
  variables["AWS_ENDPOINT_URL_S3"] = "http://special:2";
  EXPECT_EQ(url(""), "http://special:2");
  EXPECT_EQ(url("http://spec:3"), "http://spec:3");
  variables["AWS_ENDPOINT_URL_S3"] = "special";
  EXPECT_THAT(url(""), HasSubstr("AWS_ENDPOINT_URL_S3"));
  variables["AWS_ENDPOINT_URL_S3"] = "http://0xa9.254.169.254";
  EXPECT_THAT(url(""), AllOf(HasSubstr("environment variable AWS_ENDPOINT_URL_S3 "),
                             HasSubstr("metadata service")));
  variables.erase("AWS_ENDPOINT_URL_S3");
  variables["AWS_ENDPOINT_URL"] = "http://user:hunter2@minio";
  EXPECT_THAT(url(""), AllOf(HasSubstr("environment variable AWS_ENDPOINT_URL "),
                             Not(HasSubstr("hunter2"))));
  variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(url(""), "https://s3.r.amazonaws.com");
}

TEST(S3Address, EncodesKeysByteByByteAndNormalisesNothing) {
  ASSERT_OK_AND_ASSIGN(const auto address,
                       S3Address::Make(Options("b", "r", "http://h", true)));
  const struct {
    const char* key;
    const char* target;
  } cases[] = {
      {"a/b.parquet", "/b/a/b.parquet"},
      {"/a", "/b//a"},
      {"a//b/", "/b/a//b/"},
      {"../a/./b", "/b/../a/./b"},
      {"a b+c%d", "/b/a%20b%2Bc%25d"},
      {"é", "/b/%C3%A9"},
      {"?&=#\"'<>;:@,$!*()", "/b/%3F%26%3D%23%22%27%3C%3E%3B%3A%40%2C%24%21%2A%28%29"},
      {"\x01\n\x7F\xFF", "/b/%01%0A%7F%FF"},
      {"AZaz09-._~", "/b/AZaz09-._~"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.key);
    EXPECT_EQ(address.ObjectTarget(c.key), c.target);
  }
}

TEST(S3Address, AsksForPagesWithSortedAndEncodedParameters) {
  ASSERT_OK_AND_ASSIGN(const auto address,
                       S3Address::Make(Options("b1", "r", "http://h")));
  EXPECT_EQ(address.ListTarget({}, 1000),
            "/?encoding-type=url&list-type=2&max-keys=1000");
  EXPECT_EQ(
      address.ListTarget({.prefix = "a/b c&d", .token = "t+/=", .start_after = {}}, 1),
      "/?continuation-token=t%2B%2F%3D&encoding-type=url&list-type=2&max-keys=1"
      "&prefix=a%2Fb%20c%26d");
  EXPECT_EQ(
      address.ListTarget(
          {.prefix = "p/", .token = {}, .start_after = "p/é\x01", .folders = true}, 1000),
      "/?delimiter=%2F&encoding-type=url&list-type=2&max-keys=1000&prefix=p%2F"
      "&start-after=p%2F%C3%A9%01");
}

TEST(AwsPartition, FollowsTheRegion) {
  EXPECT_EQ(AwsPartition("us-east-1"), "aws");
  EXPECT_EQ(AwsPartition("cn-north-1"), "aws-cn");
  EXPECT_EQ(AwsPartition("us-gov-east-1"), "aws-us-gov");
  EXPECT_EQ(AwsPartition("us-iso-east-1"), "aws-iso");
}

}  // namespace
}  // namespace s3source
