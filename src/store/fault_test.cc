#include "store/fault.h"

#include <gtest/gtest.h>

#include <memory>

#include "cloudquery/serve/error_kind.h"

namespace s3source {
namespace {

TEST(Fault, KeepsItsReasonAndTextThroughAStatus) {
  const arrow::Status status = MakeFault(FaultReason::kGone, "s3://b/k is gone");
  EXPECT_TRUE(HasFault(status));
  EXPECT_EQ(ReasonOf(status), FaultReason::kGone);
  EXPECT_EQ(status.message(), "s3://b/k is gone");
  EXPECT_TRUE(status.IsIOError());

  const arrow::Status wrapped = status.WithMessage("table t: ", status.message());
  EXPECT_EQ(ReasonOf(wrapped), FaultReason::kGone);
}

TEST(Fault, OfAForeignStatusIsTheObjectsUnlessItWasCancelled) {
  EXPECT_FALSE(HasFault(arrow::Status::Invalid("x")));
  EXPECT_EQ(ReasonOf(arrow::Status::Invalid("x")), FaultReason::kObjectUnreadable);
  EXPECT_EQ(ReasonOf(arrow::Status::Cancelled("x")), FaultReason::kCancelled);
}

TEST(Fault, CancelledIsArrowsCancelled) {
  EXPECT_TRUE(MakeFault(FaultReason::kCancelled, "stopped").IsCancelled());
}

TEST(Fault, TellsClientsWhatItIsAbout) {
  using cq::ErrorKind;
  const struct {
    FaultReason reason;
    ErrorKind kind;
  } cases[] = {
      {FaultReason::kBucketDenied, ErrorKind::kPermissionDenied},
      {FaultReason::kObjectDenied, ErrorKind::kPermissionDenied},
      {FaultReason::kCredentials, ErrorKind::kUnauthenticated},
      {FaultReason::kNoBucket, ErrorKind::kNotFound},
      {FaultReason::kWrongRegion, ErrorKind::kInvalidArgument},
      {FaultReason::kUnavailable, ErrorKind::kOther},
      {FaultReason::kMalformed, ErrorKind::kOther},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(NameOf(c.reason));
    const arrow::Status status = MakeFault(c.reason, "x");
    const auto detail = std::dynamic_pointer_cast<cq::ErrorKindDetail>(status.detail());
    ASSERT_NE(detail, nullptr);
    EXPECT_EQ(detail->kind(), c.kind);
  }
}

TEST(Fault, ReachesNoFurtherThanNeeded) {
  const struct {
    FaultReason reason;
    FaultReach reach;
  } cases[] = {
      {FaultReason::kGone, FaultReach::kSkipObject},
      {FaultReason::kChanged, FaultReach::kSkipObject},
      {FaultReason::kMalformed, FaultReach::kSkipObject},
      {FaultReason::kArchived, FaultReach::kSkipObject},
      {FaultReason::kObjectDenied, FaultReach::kSkipObject},
      {FaultReason::kObjectUnreadable, FaultReach::kSkipObject},
      {FaultReason::kBucketDenied, FaultReach::kFailSync},
      {FaultReason::kNoBucket, FaultReach::kFailSync},
      {FaultReason::kWrongRegion, FaultReach::kFailSync},
      {FaultReason::kCredentials, FaultReach::kFailSync},
      {FaultReason::kUnreachable, FaultReach::kFailSync},
      {FaultReason::kUnavailable, FaultReach::kFailSync},
      {FaultReason::kBadListing, FaultReach::kFailSync},
      {FaultReason::kCancelled, FaultReach::kCancelled},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(NameOf(c.reason));
    EXPECT_EQ(ReachOf(c.reason), c.reach);
  }
}

}  // namespace
}  // namespace s3source
