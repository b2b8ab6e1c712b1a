// S3Store against a real server: who may in, and what is said to those who may not.
#include "store/s3_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "store/fault.h"
#include "store/testing/local_s3_server.h"

namespace s3source {
namespace {

using ::testing::AllOf;
using testing::EnvironmentOf;
using ::testing::HasSubstr;
using testing::LocalS3Server;
using ::testing::Not;

class S3StoreTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    // The AWS library reads these itself. The files of whoever runs the tests stay out of
    // them.
    folder_ = (std::filesystem::temp_directory_path() / "s3-store-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    setenv("AWS_CONFIG_FILE", (folder_ + "/config").c_str(), 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", (folder_ + "/credentials").c_str(), 1);
    for (const auto* name : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN",
                             "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                             "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}) {
      unsetenv(name);
    }
    if (LocalS3Server::Program().empty()) return;
    auto server = LocalS3Server::Start({});
    ASSERT_OK(server.status());
    server_ = *std::move(server);
    server_->MakeBucket("bucket");
  }
  static void TearDownTestSuite() {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  void SetUp() override {
    if (server_ == nullptr)
      GTEST_SKIP() << "no local S3 server; run scripts/bootstrap demo";
    options_ = server_->OptionsFor("bucket");
  }
  void TearDown() override {
    EXPECT_THAT(logger_.text(), Not(HasSubstr(LocalS3Server::kSecretKey)));
  }

  void SetKeys(const std::string& key, const std::string& secret) {
    options_.environment = EnvironmentOf({{"AWS_ACCESS_KEY_ID", key},
                                          {"AWS_SECRET_ACCESS_KEY", secret},
                                          {"AWS_EC2_METADATA_DISABLED", "true"}});
  }
  void SetNoKeys() {
    options_.environment = EnvironmentOf({{"AWS_EC2_METADATA_DISABLED", "true"}});
  }

  static arrow::Status List(ObjectStore& store) {
    return store.List("", {},
                      [](const std::vector<Object>&) { return arrow::Status::OK(); });
  }
  arrow::Status List() {
    ARROW_ASSIGN_OR_RAISE(const auto store, S3Store::Open(options_, logger_));
    return List(*store);
  }

  static std::string folder_;
  static std::unique_ptr<LocalS3Server> server_;
  cq::RecordingLogger logger_;
  S3Options options_;
};
std::string S3StoreTest::folder_;
std::unique_ptr<LocalS3Server> S3StoreTest::server_;

TEST_F(S3StoreTest, GoodKeysMayIn) { EXPECT_OK(List()); }

TEST_F(S3StoreTest, ARegionThatIsNoneOfAwsIsSignedAsItStands) {
  ASSERT_OK_AND_ASSIGN(const auto server, LocalS3Server::Start({.region = "RegionOne"}));
  server->MakeBucket("bucket");
  options_ = server->OptionsFor("bucket");
  options_.region = "RegionOne";
  EXPECT_OK(List());
}

TEST_F(S3StoreTest, SaysWhyItCannotGetIn) {
  const auto with = [&](auto change) {
    S3Options options = options_;
    change(options);
    return options;
  };
  const auto keys = [](const std::string& key, const std::string& secret) {
    return EnvironmentOf({{"AWS_ACCESS_KEY_ID", key},
                          {"AWS_SECRET_ACCESS_KEY", secret},
                          {"AWS_EC2_METADATA_DISABLED", "true"}});
  };
  const struct {
    const char* name;
    S3Options options;
    FaultReason reason;
    const char* says;
  } cases[] = {
      {"wrong secret",
       with([&](auto& o) { o.environment = keys(LocalS3Server::kAccessKey, "wrong"); }),
       FaultReason::kCredentials, "signature does not match"},
      {"unknown key",
       with([&](auto& o) { o.environment = keys("AKIAUNKNOWN000000000", "x"); }),
       FaultReason::kCredentials, "access key is not known"},
      {"no keys", with([&](auto& o) {
         o.environment = EnvironmentOf({{"AWS_EC2_METADATA_DISABLED", "true"}});
       }),
       FaultReason::kCredentials, "no credentials found"},
      {"no such profile", with([](auto& o) { o.profile = "nobody"; }),
       FaultReason::kCredentials, "profile \"nobody\" (field local_profile)"},
      {"no such bucket", with([](auto& o) { o.bucket = "other"; }),
       FaultReason::kNoBucket, "s3://other: there is no such bucket"},
      {"wrong region", with([](auto& o) { o.region = "eu-west-1"; }),
       FaultReason::kWrongRegion, "set `region: us-east-1`"},
      {"nothing listens", with([](auto& o) { o.endpoint = "http://127.0.0.1:1"; }),
       FaultReason::kUnreachable, "nothing listens at http://127.0.0.1:1"},
      {"no such host", with([](auto& o) { o.endpoint = "http://host.invalid"; }),
       FaultReason::kUnreachable, "cannot be resolved"},
      {"TLS where there is none",
       with([](auto& o) { o.endpoint.replace(0, 4, "https"); }),
       FaultReason::kUnreachable, "check scheme, host and port of the endpoint"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    options_ = c.options;
    const auto status = List();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(ReasonOf(status), c.reason) << status.ToString();
    EXPECT_THAT(status.message(), AllOf(HasSubstr("s3://"), HasSubstr(c.says)));
    EXPECT_THAT(status.message(), Not(HasSubstr(LocalS3Server::kSecretKey)));
  }
}

TEST_F(S3StoreTest, AReadWithoutCredentialsFailsTheSameWay) {
  SetNoKeys();
  ASSERT_OK_AND_ASSIGN(const auto store, S3Store::Open(options_, logger_));
  const auto future = store->Read({"key", "\"e\"", 10, {}, ""}, {0, 10}, {});
  EXPECT_EQ(ReasonOf(future.status()), FaultReason::kCredentials)
      << future.status().ToString();
}

TEST_F(S3StoreTest, AStoppedListingLooksForNoCredentials) {
  SetNoKeys();
  ASSERT_OK_AND_ASSIGN(const auto store, S3Store::Open(options_, logger_));
  std::stop_source stop;
  stop.request_stop();
  const auto status = store->List("", stop.get_token(), [](const std::vector<Object>&) {
    return arrow::Status::OK();
  });
  EXPECT_TRUE(status.IsCancelled()) << status.ToString();
}

TEST_F(S3StoreTest, ANamedProfileGoesBeforeTheEnvironment) {
  std::ofstream(folder_ + "/credentials")
      << "[default]\naws_access_key_id = AKIADEFAULT000000000\naws_secret_access_key = "
         "d\n"
      << "[work]\naws_access_key_id = " << LocalS3Server::kAccessKey
      << "\naws_secret_access_key = " << LocalS3Server::kSecretKey << "\n";
  SetKeys("AKIAENVIRONMENT00000", "e");
  options_.profile = "work";
  EXPECT_OK(List());
  std::filesystem::remove(folder_ + "/credentials");
}

TEST_F(S3StoreTest, WithANamedProfileTheEnvironmentsWebIdentityIsNotUsed) {
  const std::map<std::string, std::string> variables = {
      {"AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod"},
      {"AWS_WEB_IDENTITY_TOKEN_FILE", folder_ + "/no-token"},
      {"AWS_REGION", "us-east-1"}};
  for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
  options_.environment = EnvironmentOf(variables);
  options_.profile = "nobody";
  const auto status = List();
  for (const auto& [name, value] : variables) unsetenv(name.c_str());
  EXPECT_EQ(ReasonOf(status), FaultReason::kCredentials) << status.ToString();
  EXPECT_THAT(status.message(), Not(HasSubstr("WEB_IDENTITY"))) << "it was asked";
}

TEST_F(S3StoreTest, WithoutKeysInTheEnvironmentTheSharedFilesAreRead) {
  std::ofstream(folder_ + "/credentials")
      << "[default]\naws_access_key_id = " << LocalS3Server::kAccessKey
      << "\naws_secret_access_key = " << LocalS3Server::kSecretKey << "\n";
  SetNoKeys();
  EXPECT_OK(List());
  std::filesystem::remove(folder_ + "/credentials");
}

TEST_F(S3StoreTest, WaitsForAnInstanceServiceNoLongerThanTold) {
  // Nothing answers there; how soon that is noticed depends on the network.
  options_.environment = EnvironmentOf({});
  options_.credentials_timeout = std::chrono::seconds(1);
  const auto status = List();
  EXPECT_EQ(ReasonOf(status), FaultReason::kCredentials) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("no credentials found"));
}

TEST_F(S3StoreTest, ManyStoresComeAndGo) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK_AND_ASSIGN(const auto one, S3Store::Open(options_, logger_));
    ASSERT_OK_AND_ASSIGN(const auto two, S3Store::Open(options_, logger_));
    ASSERT_OK(List(*one));
    if (i % 2 == 0) {
      ASSERT_OK(List(*two));
    }
  }
}

}  // namespace
}  // namespace s3source
