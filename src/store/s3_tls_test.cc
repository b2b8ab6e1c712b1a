// TLS in a program that also has libparquet, with the OpenSSL that brings, and gRPC. The
// order in which the libraries are linked is the unlucky one.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <parquet/properties.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "store/fault.h"
#include "store/s3_store.h"
#include "store/testing/local_s3_server.h"

namespace s3source {
namespace {

using ::testing::HasSubstr;
using testing::LocalS3Server;

class S3TlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (LocalS3Server::Program().empty()) {
      GTEST_SKIP() << "no local S3 server; run scripts/bootstrap demo";
    }
    folder_ = (std::filesystem::temp_directory_path() / "s3-tls-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    MakeCertificates();
    auto server = LocalS3Server::Start(
        {.certificate = folder_ + "/server.pem", .key = folder_ + "/server.key"});
    ASSERT_OK(server.status());
    server_ = *std::move(server);
    server_->MakeBucket("bucket");
    options_ = server_->OptionsFor("bucket");
  }
  void TearDown() override {
    server_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  void Openssl(const std::string& arguments) const {
    const std::string command =
        fmt::format("cd {} && openssl {} >>openssl.log 2>&1", folder_, arguments);
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }

  void MakeCertificates() const {
    const std::string key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    Openssl("req -x509 " + key + " -keyout ca.key -out ca.pem -days 2 -subj /CN=test-ca");
    Openssl("req " + key + " -keyout server.key -out server.csr -subj /CN=127.0.0.1");
    std::ofstream(folder_ + "/ext") << "subjectAltName=IP:127.0.0.1,DNS:localhost\n";
    Openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
        "-extfile ext -out server.pem");
  }

  void Trust(const std::string& bundle) {
    options_.environment = [good = options_.environment, bundle](
                               const std::string& name) -> std::optional<std::string> {
      return name == "AWS_CA_BUNDLE" ? bundle : good(name);
    };
  }

  std::string folder_;
  std::unique_ptr<LocalS3Server> server_;
  cq::RecordingLogger logger_;
  S3Options options_;
};

TEST_F(S3TlsTest, ReadsFromAServerOfItsOwnAuthorityBesideParquetAndGrpc) {
  // Uses both libraries, so that no linker leaves them out.
  EXPECT_FALSE(parquet::default_reader_properties().is_buffered_stream_enabled());
  EXPECT_FALSE(grpc::Version().empty());

  Trust(folder_ + "/ca.pem");
  const auto bucket = testing::OpenS3Bucket(options_, logger_);
  const std::string content(3'000'000, 'x');
  bucket->Put("dir/object", content);
  std::vector<Object> listed;
  ASSERT_OK(bucket->store().List("", {}, [&](std::vector<Object> page) {
    listed = std::move(page);
    return arrow::Status::OK();
  }));
  ASSERT_EQ(listed.size(), 1u);
  const auto future = bucket->store().Read(listed[0], {0, listed[0].size_bytes}, {});
  ASSERT_OK_AND_ASSIGN(const auto bytes, future.result());
  EXPECT_TRUE(bytes->ToString() == content);
}

TEST_F(S3TlsTest, DoesNotTalkToAServerItCannotTrust) {
  // The TLS library tells of a bad certificate only after 10 to 30 seconds, each time.
  options_.retries = 0;
  ASSERT_OK_AND_ASSIGN(const auto store, S3Store::Open(options_, logger_));
  const auto status =
      store->List("", {}, [](const std::vector<Object>&) { return arrow::Status::OK(); });
  EXPECT_EQ(ReasonOf(status), FaultReason::kUnreachable) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("set AWS_CA_BUNDLE"));
}

TEST_F(S3TlsTest, ABundleThatIsNoneIsToldAtOnce) {
  Trust(folder_ + "/nothing.pem");
  EXPECT_THAT(
      S3Store::Open(options_, logger_),
      ::cq::testing::StatusIs(arrow::StatusCode::Invalid, HasSubstr("AWS_CA_BUNDLE")));
  std::ofstream(folder_ + "/text.pem") << "no certificate";
  Trust(folder_ + "/text.pem");
  EXPECT_THAT(
      S3Store::Open(options_, logger_),
      ::cq::testing::StatusIs(arrow::StatusCode::Invalid, HasSubstr("AWS_CA_BUNDLE")));
}

TEST_F(S3TlsTest, ReadsNoBundleThatNothingNeeds) {
  Trust(folder_ + "/nothing.pem");
  options_.endpoint = "http://127.0.0.1:1";
  EXPECT_OK(S3Store::Open(options_, logger_));
  // Without keys in the environment, credentials may come from a server with TLS.
  options_.environment = [good = options_.environment](const std::string& name) {
    return name.find("ACCESS_KEY") == std::string::npos ? good(name) : std::nullopt;
  };
  EXPECT_THAT(
      S3Store::Open(options_, logger_),
      ::cq::testing::StatusIs(arrow::StatusCode::Invalid, HasSubstr("AWS_CA_BUNDLE")));
}

}  // namespace
}  // namespace s3source
