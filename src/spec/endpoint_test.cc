#include "spec/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using ::cq::testing::StatusIs;
using ::testing::HasSubstr;

TEST(Endpoint, HasOneForm) {
  struct Case {
    std::string_view endpoint, normal;
  };
  for (const auto& [endpoint, normal] : {
           Case{"http://localhost:9000", "http://localhost:9000"},
           Case{"http://localhost:9000/", "http://localhost:9000"},
           Case{"HTTPS://S3.Example.COM", "https://s3.example.com"},
           Case{"https://minio_1.svc", "https://minio_1.svc"},
           Case{"http://127.0.0.1:65535", "http://127.0.0.1:65535"},
           Case{"http://[::1]:9000", "http://[::1]:9000"},
           Case{"http://[FE80::1]/", "http://[fe80::1]"},
           Case{"http://10.0.0.1", "http://10.0.0.1"},
           Case{"http://[1:2:3:4:5:6:7:8]", "http://[1:2:3:4:5:6:7:8]"},
           Case{"http://[::ffff:10.0.0.1]", "http://[::ffff:10.0.0.1]"},
           Case{"http://[fd00:ec2::253]", "http://[fd00:ec2::253]"},
           Case{"http://169.254.169.25", "http://169.254.169.25"},
       }) {
    SCOPED_TRACE(endpoint);
    ASSERT_OK_AND_ASSIGN(const auto got, ParseEndpoint("endpoint", endpoint));
    EXPECT_EQ(got.url(), normal);
  }
}

TEST(Endpoint, IsRefusedWithAReason) {
  struct Case {
    std::string_view endpoint, reason;
  };
  for (const auto& [endpoint, reason] : {
           Case{"localhost:9000", "http:// or https://"},
           Case{"s3.example.com", "http:// or https://"},
           Case{"ftp://example.com", "http:// or https://"},
           Case{"://x", "http:// or https://"},
           Case{"http:/x", "http:// or https://"},
           Case{"http://", "no host"},
           Case{"http:///x", "no host"},
           Case{"http://:9000", "no host"},
           Case{"http://user:secret@host", "user name or password"},
           Case{"http://secret@host/", "user name or password"},
           Case{"http://host/bucket", "without path"},
           Case{"http://host//", "without path"},
           Case{"http://host?X-Amz-Signature=secret", "without path"},
           Case{"http://host#x", "without path"},
           Case{"http://ho st", "does not belong"},
           Case{"http://ho\\st", "does not belong"},
           Case{"http://h%6fst", "does not belong"},
           Case{"http://höst", "does not belong"},
           Case{"http://[::1", "no IPv6 address"},
           Case{"http://[]", "no IPv6 address"},
           Case{"http://[::1]x", "no IPv6 address"},
           Case{"http://[fe80::1%25eth0]", "no IPv6 address"},
           Case{"http://[1:2:3:4:5:6:7]", "no IPv6 address"},
           Case{"http://[1:2:3:4:5:6:7:8:9]", "no IPv6 address"},
           Case{"http://[1:2:3:4::5:6:7:8]", "no IPv6 address"},
           Case{"http://[1::2::3]", "no IPv6 address"},
           Case{"http://[:::1]", "no IPv6 address"},
           Case{"http://[1:]", "no IPv6 address"},
           Case{"http://[12345::]", "no IPv6 address"},
           Case{"http://[::127.0.0.1:1]", "no IPv6 address"},
           Case{"http://ho]st", "does not belong"},
           Case{"http://host:", "port"},
           Case{"http://host:0", "port"},
           Case{"http://host:65536", "port"},
           Case{"http://host:80:80", "port"},
           Case{"http://host:-1", "port"},
           Case{"http://user:secret/x@host", "port"},
       }) {
    SCOPED_TRACE(endpoint);
    const auto got = ParseEndpoint("endpoint", endpoint);
    EXPECT_THAT(got,
                StatusIs(arrow::StatusCode::Invalid, HasSubstr(std::string(reason))));
    EXPECT_THAT(got.status().message(), ::testing::Not(HasSubstr("secret")));
  }
}

TEST(Endpoint, IsNotTheCloudMetadataService) {
  for (const std::string host :
       {"169.254.169.254", "169.254.169.254.", "169.254.43518", "169.16689662",
        "2852039166", "0xA9FEA9FE", "0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376",
        "0xa9.254.169.254", "metadata.google.internal", "[fd00:ec2::254]",
        "[fd00:0ec2::0254]", "[fd00:ec2:0:0:0:0:0:254]", "[::ffff:a9fe:0a9fe]",
        "[64:ff9b::169.254.169.254]", "[::ffff:169.254.169.254]", "[::FFFF:a9fe:a9fe]"}) {
    for (const std::string port : {"", ":80"}) {
      EXPECT_THAT(ParseEndpoint("endpoint", "http://" + host + port),
                  StatusIs(arrow::StatusCode::Invalid, HasSubstr("metadata service")))
          << host;
    }
  }
}

TEST(Endpoint, AnyBytesAreTakenOrRefused) {
  std::mt19937 random(5);
  const std::string_view alphabet = "http://[]:@.?#%/0123456789abcdefx169.254.169.254";
  for (int i = 0; i < 50'000; ++i) {
    std::string endpoint = i % 2 == 0 ? "http://" : "";
    for (unsigned length = random() % 20; length > 0; --length) {
      endpoint += random() % 10 == 0 ? static_cast<char>(random())
                                     : alphabet[random() % alphabet.size()];
    }
    const auto parsed = ParseEndpoint("endpoint", endpoint);
    if (!parsed.ok()) continue;
    ASSERT_OK_AND_ASSIGN(const auto again, ParseEndpoint("endpoint", parsed->url()));
    ASSERT_EQ(again.url(), parsed->url());
  }
}

}  // namespace
}  // namespace s3source
