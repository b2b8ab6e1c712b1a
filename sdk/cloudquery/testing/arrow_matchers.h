#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>

namespace cq::testing {

inline arrow::Status AsStatus(const arrow::Status& status) { return status; }
template <typename T>
arrow::Status AsStatus(const arrow::Result<T>& result) {
  return result.status();
}

/// Matches an arrow::Status or arrow::Result of this code whose message matches, for
/// example EXPECT_THAT(status, StatusIs(arrow::StatusCode::Invalid,
/// HasSubstr("bucket"))).
MATCHER_P2(StatusIs, code, message,
           std::string("has status code ") + arrow::Status::CodeAsString(code)) {
  const arrow::Status status = AsStatus(arg);
  *result_listener << "which is " << status.ToString();
  return status.code() == code &&
         ::testing::SafeMatcherCast<const std::string&>(message).Matches(
             status.message());
}

MATCHER_P(StatusIs, code,
          std::string("has status code ") + arrow::Status::CodeAsString(code)) {
  const arrow::Status status = AsStatus(arg);
  *result_listener << "which is " << status.ToString();
  return status.code() == code;
}

MATCHER(IsOk, "is OK") {
  const arrow::Status status = AsStatus(arg);
  *result_listener << "which is " << status.ToString();
  return status.ok();
}

}  // namespace cq::testing

// Arrow's own headers may define some of these names for other uses.
#undef ASSERT_OK
#undef EXPECT_OK
#undef ASSERT_OK_AND_ASSIGN

#define ASSERT_OK(expr) ASSERT_THAT((expr), ::cq::testing::IsOk())
#define EXPECT_OK(expr) EXPECT_THAT((expr), ::cq::testing::IsOk())

#define CQ_TESTING_CONCAT_INNER(a, b) a##b
#define CQ_TESTING_CONCAT(a, b) CQ_TESTING_CONCAT_INNER(a, b)
#define CQ_TESTING_ASSIGN(result, lhs, expr) \
  auto result = (expr);                      \
  ASSERT_OK(result);                         \
  lhs = std::move(result).ValueUnsafe()

/// ASSERT_OK_AND_ASSIGN(auto value, Function()): ends the test when the arrow::Result is
/// an error.
#define ASSERT_OK_AND_ASSIGN(lhs, expr) \
  CQ_TESTING_ASSIGN(CQ_TESTING_CONCAT(cq_result_, __LINE__), lhs, expr)
