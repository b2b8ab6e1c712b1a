#include "cloudquery/serve/grpc_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "cloudquery/serve/error_kind.h"
#include "cloudquery/serve/guarded.h"
#include "cloudquery/testing/arrow_matchers.h"

namespace cq {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(GrpcStatus, KeepsTheKindOfAnError) {
  const struct {
    arrow::Status status;
    grpc::StatusCode code;
  } cases[] = {
      {arrow::Status::Invalid("x"), grpc::StatusCode::INVALID_ARGUMENT},
      {arrow::Status::IOError("x"), grpc::StatusCode::UNAVAILABLE},
      {arrow::Status::Cancelled("x"), grpc::StatusCode::CANCELLED},
      {arrow::Status::OutOfMemory("x"), grpc::StatusCode::RESOURCE_EXHAUSTED},
      {arrow::Status::SerializationError("x"), grpc::StatusCode::DATA_LOSS},
      {arrow::Status::NotImplemented("x"), grpc::StatusCode::UNIMPLEMENTED},
      {arrow::Status::UnknownError("x"), grpc::StatusCode::UNKNOWN},
  };
  for (const auto& [status, code] : cases) {
    SCOPED_TRACE(status.ToString());
    const grpc::Status made = ToGrpcStatus(status, "while testing: ");
    EXPECT_EQ(made.error_code(), code);
    EXPECT_EQ(made.error_message(), "while testing: x");
  }
  EXPECT_TRUE(ToGrpcStatus(arrow::Status::OK(), "while testing: ").ok());
}

class Detail final : public ErrorKindDetail {
 public:
  explicit Detail(ErrorKind kind) : kind_(kind) {}
  const char* type_id() const override { return "test"; }
  std::string ToString() const override { return ""; }
  ErrorKind kind() const override { return kind_; }

 private:
  ErrorKind kind_;
};

TEST(GrpcStatus, TellsWhatAnErrorIsAboutWhereItKnows) {
  const struct {
    ErrorKind kind;
    grpc::StatusCode code;
  } cases[] = {
      {ErrorKind::kOther, grpc::StatusCode::UNAVAILABLE},
      {ErrorKind::kPermissionDenied, grpc::StatusCode::PERMISSION_DENIED},
      {ErrorKind::kUnauthenticated, grpc::StatusCode::UNAUTHENTICATED},
      {ErrorKind::kNotFound, grpc::StatusCode::NOT_FOUND},
      {ErrorKind::kInvalidArgument, grpc::StatusCode::INVALID_ARGUMENT},
  };
  for (const auto& c : cases) {
    const auto status =
        arrow::Status::IOError("x").WithDetail(std::make_shared<Detail>(c.kind));
    EXPECT_EQ(ToGrpcStatus(status).error_code(), c.code);
    EXPECT_EQ(ToGrpcStatus(status.WithMessage("why: ", status.message())).error_code(),
              c.code);
    EXPECT_EQ(ToGrpcStatus(status, "", grpc::StatusCode::INTERNAL).error_code(),
              grpc::StatusCode::INTERNAL);
  }
}

TEST(GrpcStatus, TakesTheCodeOfAGoPluginUnlessNothingIsImplemented) {
  EXPECT_EQ(ToGrpcStatus(arrow::Status::Invalid("x"), "", grpc::StatusCode::INTERNAL)
                .error_code(),
            grpc::StatusCode::INTERNAL);
  EXPECT_EQ(
      ToGrpcStatus(arrow::Status::NotImplemented("x"), "", grpc::StatusCode::INTERNAL)
          .error_code(),
      grpc::StatusCode::UNIMPLEMENTED);
}

TEST(GrpcStatus, MakesTextsPrintableAndShort) {
  const auto broken =
      ToGrpcStatus(arrow::Status::Invalid("a\x01\xff"
                                          "b"));
  EXPECT_EQ(broken.error_message(), "a\\x01\\xffb");
  const auto huge =
      ToGrpcStatus(arrow::Status::Invalid(std::string(100'000, 'x')), "why: ");
  EXPECT_LE(huge.error_message().size(), 4096u);
  EXPECT_THAT(huge.error_message(), StartsWith("why: xxx"));
}

TEST(Guarded, TurnsWhatIsThrownIntoAStatus) {
  EXPECT_THAT(Guarded([]() -> arrow::Status { throw std::bad_alloc(); }),
              testing::StatusIs(arrow::StatusCode::OutOfMemory));
  EXPECT_THAT(
      Guarded([]() -> arrow::Result<int> { throw std::runtime_error("no\nluck"); }),
      testing::StatusIs(arrow::StatusCode::UnknownError, HasSubstr("no\\nluck")));
  EXPECT_THAT(Guarded([]() -> arrow::Status { throw 7; }),
              testing::StatusIs(arrow::StatusCode::UnknownError));
}

}  // namespace
}  // namespace cq
