#include "spec/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "cloudquery/testing/arrow_matchers.h"

namespace s3source {
namespace {

using ::cq::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A spec with what is required and this besides, for example R"("concurrency": 1)".
std::string With(const std::string& fields) {
  return R"({"bucket": "b", "region": "us-east-1", )" + fields + "}";
}

void ExpectInvalid(const std::string& json, const std::string& message) {
  EXPECT_THAT(ParseSpec(json), StatusIs(arrow::StatusCode::Invalid, message)) << json;
}

void ExpectInvalidWith(const std::string& json, const std::string& part) {
  EXPECT_THAT(ParseSpec(json), StatusIs(arrow::StatusCode::Invalid, HasSubstr(part)))
      << json;
}

TEST(ParseSpec, FillsInTheDefaults) {
  ASSERT_OK_AND_ASSIGN(const Spec spec,
                       ParseSpec(R"({"bucket": "my-bucket", "region": "eu-central-1"})"));
  EXPECT_EQ(spec.bucket, "my-bucket");
  EXPECT_EQ(spec.region, "eu-central-1");
  EXPECT_EQ(spec.local_profile, "");
  EXPECT_EQ(spec.path_prefix, "");
  EXPECT_EQ(spec.filetype, "parquet");
  EXPECT_EQ(spec.rows_per_record, 500);
  EXPECT_EQ(spec.concurrency, 50);
  EXPECT_EQ(spec.endpoint, "");
  EXPECT_FALSE(spec.path_style);
  EXPECT_EQ(spec.memory_limit.bytes, 0);
  EXPECT_EQ(spec.on_error, "skip");
  EXPECT_EQ(spec.max_errors, 0);
  EXPECT_EQ(spec.lookback.value, std::chrono::hours(24));
}

TEST(ParseSpec, TakesWhatBecomesOfObjectsThatCannotBeRead) {
  ASSERT_OK_AND_ASSIGN(const Spec spec,
                       ParseSpec(With(R"("on_error": "fail", "max_errors": 10,
                                         "Incremental": {"LookBack": "7d"})")));
  EXPECT_EQ(spec.on_error, "fail");
  EXPECT_EQ(spec.max_errors, 10);
  EXPECT_EQ(spec.lookback.value, std::chrono::hours(7 * 24));
  for (const char* nothing :
       {"null", "{}", R"({"lookback": null})", R"({"lookback": ""})"}) {
    ASSERT_OK_AND_ASSIGN(const Spec other,
                         ParseSpec(With(std::string(R"("incremental": )") + nothing)));
    EXPECT_EQ(other.lookback.value, std::chrono::hours(24));
  }
  ExpectInvalidWith(With(R"("on_error": "retry")"), "\"skip\" or \"fail\"");
  ExpectInvalidWith(With(R"("max_errors": -1)"), "must not be negative");
  ExpectInvalidWith(With(R"("incremental": true)"), "takes an object");
  ExpectInvalidWith(With(R"("incremental": {"lookback": "1 week"})"), "units s, m, h, d");
  ExpectInvalidWith(With(R"("incremental": {"lookback": 24})"), "such as \"24h\"");
  ExpectInvalidWith(With(R"("incremental": {"look_back": "24h"})"),
                    "did you mean \"incremental.lookback\"?");
  ExpectInvalidWith(With(R"("incremental.lookback": "24h")"), "unknown field");
}

TEST(ParseSpec, TakesEveryField) {
  ASSERT_OK_AND_ASSIGN(const Spec spec, ParseSpec(R"({
    "bucket": "b", "region": "auto", "local_profile": "my profile", "path_prefix": " data/ä ",
    "filetype": "parquet", "rows_per_record": 100, "concurrency": 10,
    "endpoint": "HTTP://LocalHost:9000/", "path_style": true, "memory_limit": "64MiB"})"));
  EXPECT_EQ(spec.region, "auto");
  EXPECT_EQ(spec.local_profile, "my profile");
  EXPECT_EQ(spec.path_prefix, " data/ä ");
  EXPECT_EQ(spec.filetype, "parquet");
  EXPECT_EQ(spec.rows_per_record, 100);
  EXPECT_EQ(spec.concurrency, 10);
  EXPECT_EQ(spec.endpoint, "http://localhost:9000");
  EXPECT_TRUE(spec.path_style);
  EXPECT_EQ(spec.memory_limit.bytes, 64 << 20);
}

TEST(ParseSpec, AnonymousTakesNoProfile) {
  ASSERT_OK_AND_ASSIGN(const Spec spec, ParseSpec(With(R"("anonymous": true)")));
  EXPECT_TRUE(spec.anonymous);
  EXPECT_OK(ParseSpec(With(R"("anonymous": false, "local_profile": "work")")));
  ExpectInvalidWith(With(R"("anonymous": true, "local_profile": "work")"),
                    R"(local_profile "work")");
}

TEST(ParseSpec, NullEmptyAndZeroLeaveTheDefault) {
  for (
      const std::string empty :
      {R"("filetype": null, "rows_per_record": null, "concurrency": null, "endpoint": null,
           "path_style": null, "local_profile": null, "path_prefix": null,
           "memory_limit": null)",
       R"("filetype": "", "rows_per_record": 0, "concurrency": 0.0, "endpoint": "",
           "path_style": false, "local_profile": "", "path_prefix": "", "memory_limit": "")",
       R"("memory_limit": 0)"}) {
    SCOPED_TRACE(empty);
    ASSERT_OK_AND_ASSIGN(const Spec spec, ParseSpec(With(empty)));
    EXPECT_EQ(spec.filetype, "parquet");
    EXPECT_EQ(spec.rows_per_record, 500);
    EXPECT_EQ(spec.concurrency, 50);
    EXPECT_FALSE(spec.path_style);
    EXPECT_EQ(spec.memory_limit.bytes, 0);
  }
}

TEST(ParseSpec, NothingCountsAsAnEmptyObject) {
  for (const char* nothing : {"", " \n", "null", "{}", R"({"bucket": null})"}) {
    ExpectInvalid(nothing, "bucket is required");
  }
}

TEST(ParseSpec, ChecksInTheGoPluginsOrderAndWords) {
  ExpectInvalid(R"({"region": "", "filetype": "csv", "rows_per_record": -1})",
                "bucket is required");
  ExpectInvalid(R"({"bucket": "", "filetype": "csv", "rows_per_record": -1})",
                "bucket is required");
  ExpectInvalid(R"({"bucket": "b", "filetype": "csv", "rows_per_record": -1})",
                "region is required");
  ExpectInvalid(With(R"("filetype": "csv", "rows_per_record": -1)"),
                R"(unsupported filetype: "csv"; supported: parquet)");
  ExpectInvalid(With(R"("rows_per_record": -1)"), "rows_per_record must be at least 1");
}

TEST(ParseSpec, AnyConcurrencyWillDo) {
  for (const int64_t value : {int64_t{-1}, int64_t{1}, INT64_MAX, INT64_MIN}) {
    ASSERT_OK_AND_ASSIGN(const Spec spec,
                         ParseSpec(With("\"concurrency\": " + std::to_string(value))));
    EXPECT_EQ(spec.concurrency, value);
  }
}

TEST(ParseSpec, AMemoryLimitIsBytesOrATextWithAUnit) {
  struct Case {
    std::string text;
    int64_t bytes;
  };
  for (const auto& [text, bytes] : {
           Case{"33554432", 33'554'432},
           Case{"5e8", 500'000'000},
           Case{R"("33554432")", 33'554'432},
           Case{R"("32MiB")", 33'554'432},
           Case{R"("256M")", 256'000'000},
           Case{R"("1 GB")", 1'000'000'000},
       }) {
    SCOPED_TRACE(text);
    ASSERT_OK_AND_ASSIGN(const Spec spec, ParseSpec(With("\"memory_limit\": " + text)));
    EXPECT_EQ(spec.memory_limit.bytes, bytes);
  }
  for (const std::string text : {"33554431", R"("32M")", "-1", R"("1")"}) {
    ExpectInvalidWith(With("\"memory_limit\": " + text),
                      "memory_limit must be at least 32MiB (33554432 bytes), but is ");
  }
  for (const std::string text : {R"("1.5GiB")", R"("lots")", R"("-1")", "1.5", "true"}) {
    ExpectInvalidWith(
        With("\"memory_limit\": " + text),
        "field \"memory_limit\" in spec takes a number of bytes of 64 bits, "
        "or a text such as \"512MiB\", but got ");
  }
}

TEST(ParseSpec, KeysMatchRegardlessOfCase) {
  ASSERT_OK_AND_ASSIGN(
      const Spec spec,
      ParseSpec(R"({"BUCKET": "b", "Region": "r", "Path_Style": true})"));
  EXPECT_EQ(spec.bucket, "b");
  EXPECT_TRUE(spec.path_style);
}

TEST(ParseSpec, AFieldInTwoSpellingsIsRefused) {
  ExpectInvalidWith(R"({"bucket": "a", "Bucket": "b", "region": "r"})",
                    "field \"bucket\" in spec is given more than once");
}

TEST(ParseSpec, TakesWholeNumbersInAnySpelling) {
  struct Case {
    std::string text;
    int64_t value;
  };
  for (const auto& [text, value] : {
           Case{"500.0", 500},
           Case{"5e2", 500},
           Case{"1e18", 1'000'000'000'000'000'000},
           Case{"9007199254740993", 9'007'199'254'740'993},
           Case{"9223372036854775807", INT64_MAX},
           Case{"-0.0", 500},
       }) {
    SCOPED_TRACE(text);
    ASSERT_OK_AND_ASSIGN(const Spec spec,
                         ParseSpec(With("\"rows_per_record\": " + text)));
    EXPECT_EQ(spec.rows_per_record, value);
  }
  for (const std::string text : {"1.5", "9223372036854775808", "18446744073709551616",
                                 "1e300", "-9.3e18", "1e-3"}) {
    ExpectInvalidWith(With("\"rows_per_record\": " + text),
                      "takes a whole number of 64 bits, but got the number");
  }
}

TEST(ParseSpec, WrongTypesNameFieldAndBothTypes) {
  struct Case {
    std::string field, message;
  };
  for (
      const auto& [field, message] : {
          Case{R"("local_profile": ["x"])",
               R"(field "local_profile" in spec takes a string, but got a list)"},
          Case{R"("endpoint": {"a": 1})",
               R"(field "endpoint" in spec takes a string, but got an object)"},
          Case{R"("local_profile": 12)",
               R"(field "local_profile" in spec takes a string, but got the number 12; )"
               "quote the value"},
          Case{
              R"("concurrency": "50")",
              R"(field "concurrency" in spec takes a whole number of 64 bits, but got a )"
              "string; write it without quotes"},
          Case{
              R"("concurrency": true)",
              R"(field "concurrency" in spec takes a whole number of 64 bits, but got the )"
              "boolean true"},
          Case{R"("path_style": 1)",
               R"(field "path_style" in spec takes true or false, but got the number 1)"},
          Case{R"("path_style": "true")",
               R"(field "path_style" in spec takes true or false, but got a string; )"
               "write it without quotes"},
      }) {
    ExpectInvalid(With(field), message);
  }
}

TEST(ParseSpec, ExplainsYamlsBooleans) {
  ExpectInvalidWith(R"({"bucket": false, "region": "r"})",
                    "takes a string, but got the boolean false; YAML reads no, off");
}

TEST(ParseSpec, AnUnknownFieldIsNamedWithTheNearest) {
  ExpectInvalid(R"({"buket": "b", "region": "r"})",
                R"(unknown field "buket" in spec; did you mean "bucket"?)");
  ExpectInvalid(With(R"("colour": 1)"),
                R"(unknown field "colour" in spec; known fields: bucket, region, )"
                "local_profile, anonymous, path_prefix, filetype, rows_per_record, "
                "concurrency, endpoint, "
                "path_style, memory_limit, on_error, max_errors, incremental.lookback, "
                "incremental.receipts");
  ExpectInvalid(
      With(R"("backend_options": {})"),
      R"(unknown field "backend_options" in spec; it belongs one level up, beside )"
      R"("spec")");
  const std::string long_key(100'000, 'k');
  EXPECT_LT(ParseSpec(With('"' + long_key + "\": 1")).status().message().size(), 400u);
}

TEST(ParseSpec, ABucketIsAName) {
  const auto bucket = [](const std::string& name) {
    return R"({"region": "r", "bucket": ")" + name + "\"}";
  };
  ExpectInvalid(
      bucket("s3://b/data/2024"),
      R"(bucket "s3://b/data/2024" is not a bucket's name; give the bucket's name )"
      R"(alone, "b", and the rest as path_prefix, "data/2024")");
  ExpectInvalid(bucket("s3://b"), R"(bucket "s3://b" is not a bucket's name; give the )"
                                  R"(bucket's name alone, "b")");
  ExpectInvalidWith(bucket("b/data/"), R"("b", and the rest as path_prefix, "data/")");
  ExpectInvalidWith(bucket("b/"), R"(alone, "b")");
  ExpectInvalidWith(bucket("arn:aws:s3:::b"), "bucket is an ARN");
  ExpectInvalidWith(bucket("https://b.s3.amazonaws.com"), "bucket is a URL");
  ExpectInvalidWith(bucket(" b"), "bucket has a space");
  ExpectInvalidWith(bucket("b\\n"), "bucket has a space");
  for (const std::string name :
       {"a b", "b?x", "b#x", "b@x", "b:1", "..", "-b", "bücket", "a\\u0000b"}) {
    ExpectInvalidWith(bucket(name), "has a character that does not belong");
  }
  for (const std::string name : {"b", "my-bucket.v2", "Legacy_Bucket", "0123",
                                 "ap-name-abc123-s3alias", "b--usw2-az1--x-s3"}) {
    EXPECT_OK(ParseSpec(bucket(name))) << name;
  }
}

TEST(ParseSpec, OtherTextsAreCheckedToo) {
  ExpectInvalidWith(R"({"bucket": "b", "region": "us-east-1 "})",
                    "region has a space or line break at its start or end; remove it");
  ExpectInvalidWith(R"({"bucket": "b", "region": "us-east-1/x"})",
                    "region \"us-east-1/x\" has a character");
  ExpectInvalidWith(With(R"("local_profile": " p")"), "local_profile has a space");
  ExpectInvalidWith(With(R"("path_prefix": "s3://b/data")"),
                    "path_prefix \"s3://b/data\"");
  ExpectInvalidWith(With(R"("endpoint": "localhost:9000")"),
                    "endpoint must begin with http://");
  ExpectInvalidWith(With(R"("endpoint": "http://169.254.169.254/")"), "metadata service");
}

TEST(ParseSpec, NoSecretIsRepeated) {
  for (const std::string& json :
       {With(R"("endpoint": "https://AKIA:hunter2@host")"),
        With(R"("endpoint": " https://AKIA:hunter2@host")"),
        With(R"("endpoint": "https://host/?X-Amz-Credential=hunter2")"),
        With(R"("endpoint": "hunter2")"), With(R"("memory_limit": "hunter2")"),
        With(R"("concurrency": "hunter2")"), With(R"("secret": "hunter2")"),
        With(R"("local_profile": {"key": "hunter2"})"),
        std::string(R"({"bucket": "https://AKIA:hunter2@host", "region": "r"})"),
        std::string(R"({"secret": "hunter2" oops)"), std::string(R"("hunter2")"),
        std::string("{\"secret\": \"hunter2\xff\"}")}) {
    EXPECT_THAT(ParseSpec(json),
                StatusIs(arrow::StatusCode::Invalid, Not(HasSubstr("hunter2"))))
        << json;
  }
}

TEST(ParseSpec, WhatIsNoObjectIsRefused) {
  ExpectInvalidWith(
      "[]", "takes an object with fields such as bucket and region, but is a list");
  ExpectInvalidWith("\"x\"", "but is a string");
  ExpectInvalidWith("true", "but is the boolean true");
  ExpectInvalid(R"({"bucket": )", "spec is not valid JSON: error at byte 12");
  ExpectInvalid("nul", "spec is not valid JSON: error at byte 4");
  ExpectInvalidWith("{} {}", "spec is not valid JSON");
  ExpectInvalidWith("{\"bucket\": \"\xff\"}", "spec is not valid JSON");
}

TEST(ParseSpec, DeepNestingDoesNotOverflowTheStack) {
  ExpectInvalidWith(std::string(200'000, '['), "not valid JSON");
  ExpectInvalidWith(
      With("\"endpoint\": " + std::string(100'000, '[') + std::string(100'000, ']')),
      "but got a list");
}

TEST(ParseSpec, AnyBytesAreTakenOrRefused) {
  std::mt19937 random(6);
  const std::string good = With(R"("rows_per_record": 5e2, "endpoint": "http://h:1/",
      "path_style": true, "path_prefix": "a\u00e9/", "local_profile": null)");
  int taken = 0;
  for (int i = 0; i < 5'000; ++i) {
    std::string json = good;
    for (unsigned edits = 1 + random() % 3; edits > 0; --edits) {
      const size_t place = random() % json.size();
      switch (random() % 3) {
        case 0:
          json[place] = static_cast<char>(random());
          break;
        case 1:
          json.erase(place, 1 + random() % 4);
          break;
        default:
          json.insert(place, 1, "{}[]\",:0e-\\ntu"[random() % 14]);
      }
    }
    const auto spec = ParseSpec(json);
    if (!spec.ok()) {
      ASSERT_EQ(spec.status().code(), arrow::StatusCode::Invalid);
      continue;
    }
    ++taken;
    ASSERT_FALSE(spec->bucket.empty() || spec->region.empty()) << json;
    ASSERT_EQ(spec->filetype, "parquet");
    ASSERT_GE(spec->rows_per_record, 1);
    ASSERT_NE(spec->concurrency, 0);
  }
  EXPECT_GT(taken, 10);
}

}  // namespace
}  // namespace s3source
