#include "spec/fields.h"

#include <arrow/result.h>
#include <arrow/status.h>

#include <span>
#include <string>
#include <string_view>

#include "cloudquery/log/printable.h"
#include "spec/endpoint.h"
#include "spec/name.h"

namespace s3source {
namespace {

using arrow::Status;

std::string Quoted(std::string_view value) {
  return '"' + cq::Printable(value, 100) + '"';
}

Status SuggestBucketAndPrefix(std::string_view got, std::string_view path) {
  const size_t slash = path.find('/');
  std::string advice = "give the bucket's name alone, " + Quoted(path.substr(0, slash));
  if (slash != std::string_view::npos && slash + 1 < path.size()) {
    advice += ", and the rest as path_prefix, " + Quoted(path.substr(slash + 1));
  }
  return Status::Invalid("bucket ", Quoted(got), " is not a bucket's name; ", advice);
}

Status CheckBucket(Spec& spec) {
  const std::string_view bucket = spec.bucket;
  if (bucket.empty()) return Status::Invalid("bucket is required");
  ARROW_RETURN_NOT_OK(CheckTrimmed("bucket", bucket));
  if (bucket.starts_with("arn:")) {
    return Status::Invalid(
        "bucket is an ARN; give the bucket's name alone (the last part of ",
        Quoted(bucket), "), or for an access point its alias, which ends in -s3alias");
  }
  constexpr std::string_view kScheme = "s3://";
  if (bucket.starts_with(kScheme)) {
    return SuggestBucketAndPrefix(bucket, bucket.substr(kScheme.size()));
  }
  if (bucket.find("://") != std::string_view::npos) {
    return Status::Invalid(
        "bucket is a URL; give the bucket's name alone, and the URL of an S3-compatible "
        "service "
        "as endpoint");
  }
  if (bucket.find('/') != std::string_view::npos) {
    return SuggestBucketAndPrefix(bucket, bucket);
  }
  return CheckName("bucket", bucket);
}

Status CheckRegion(Spec& spec) { return CheckName("region", spec.region); }

Status CheckLocalProfile(Spec& spec) {
  return CheckTrimmed("local_profile", spec.local_profile);
}

Status CheckAnonymous(Spec& spec) {
  if (!spec.anonymous || spec.local_profile.empty()) return Status::OK();
  return Status::Invalid(
      "anonymous is true, so that no credentials are used, but local_profile ",
      Quoted(spec.local_profile), " has some; leave out one of the two");
}

// Spaces are fine here: they may be part of the keys.
Status CheckPathPrefix(Spec& spec) {
  if (!spec.path_prefix.starts_with("s3://")) return Status::OK();
  return Status::Invalid(
      "path_prefix ", Quoted(spec.path_prefix),
      " is a URL; give only what the keys begin with, without s3:// and the "
      "bucket's name, such as \"data/2024/\"");
}

Status CheckFiletype(Spec& spec) {
  if (spec.filetype == "parquet") return Status::OK();
  return Status::Invalid("unsupported filetype: ", Quoted(spec.filetype),
                         "; supported: parquet");
}

Status CheckRowsPerRecord(Spec& spec) {
  if (spec.rows_per_record >= 1) return Status::OK();
  return Status::Invalid("rows_per_record must be at least 1");
}

Status CheckEndpoint(Spec& spec) {
  if (spec.endpoint.empty()) return Status::OK();
  ARROW_RETURN_NOT_OK(CheckTrimmed("endpoint", spec.endpoint));
  ARROW_ASSIGN_OR_RAISE(const auto endpoint, ParseEndpoint("endpoint", spec.endpoint));
  spec.endpoint = endpoint.url();
  return Status::OK();
}

Status CheckMemoryLimit(Spec& spec) {
  const int64_t bytes = spec.memory_limit.bytes;
  if (bytes == 0 || bytes >= kLeastMemoryLimit) return Status::OK();
  return Status::Invalid("memory_limit must be at least 32MiB (", kLeastMemoryLimit,
                         " bytes), but is ", bytes, " bytes");
}

Status CheckOnError(Spec& spec) {
  if (spec.on_error == "skip" || spec.on_error == "fail") return Status::OK();
  return Status::Invalid("on_error must be \"skip\" or \"fail\", but is ",
                         Quoted(spec.on_error));
}

Status CheckMaxErrors(Spec& spec) {
  if (spec.max_errors >= 0) return Status::OK();
  return Status::Invalid(
      "max_errors must not be negative; 0 lets any number of objects be skipped");
}

constexpr Field kFields[] = {
    {.name = "bucket",
     .member = &Spec::bucket,
     .required = true,
     .description = "Name of the bucket. For an access point its alias.",
     .schema = R"({"minLength": 1, "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$",
                   "examples": ["my-bucket"]})",
     .check = CheckBucket},
    {.name = "region",
     .member = &Spec::region,
     .required = true,
     .description =
         "AWS region of the bucket. For S3-compatible services the region they "
         "sign for, often us-east-1.",
     .schema = R"({"minLength": 1, "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$",
                   "examples": ["us-east-1", "eu-central-1"]})",
     .check = CheckRegion},
    {.name = "local_profile",
     .member = &Spec::local_profile,
     .required = false,
     .description = "Profile of the AWS shared config and credentials files to take the "
                    "credentials from. Empty: the default credential chain.",
     .schema = R"({"examples": ["my-profile"]})",
     .check = CheckLocalProfile},
    {.name = "anonymous",
     .member = &Spec::anonymous,
     .required = false,
     .description = "Do not sign requests and look for no credentials: for buckets that "
                    "everybody may list and read.",
     .schema = R"({})",
     .check = CheckAnonymous},
    {.name = "path_prefix",
     .member = &Spec::path_prefix,
     .required = false,
     .description = "Only objects whose keys begin with this text are read. A plain text "
                    "without wildcards; table names still contain it.",
     .schema = R"({"examples": ["data/2024/"]})",
     .check = CheckPathPrefix},
    {.name = "filetype",
     .member = &Spec::filetype,
     .required = false,
     .description = "Format of the objects. Only parquet is supported.",
     .schema = R"({"enum": ["", "parquet"]})",
     .check = CheckFiletype},
    {.name = "rows_per_record",
     .member = &Spec::rows_per_record,
     .required = false,
     .description =
         "Most rows that one message to the destination holds. 0 means the default.",
     .schema = R"({"minimum": 0, "examples": [500, 10000]})",
     .check = CheckRowsPerRecord},
    {.name = "concurrency",
     .member = &Spec::concurrency,
     .required = false,
     .description =
         "Most S3 requests at a time, 256 at most. 0 means the default, a negative "
         "number 256, 1 one after the other.",
     .schema = R"({"examples": [50]})",
     .check = nullptr},
    {.name = "endpoint",
     .member = &Spec::endpoint,
     .required = false,
     .description = "Base URL of an S3-compatible service: http:// or https://, host and "
                    "port, nothing else. Empty: AWS.",
     .schema = R"({"pattern": "^([hH][tT][tT][pP][sS]?://[^/?#@ ]+/?)?$",
                   "examples": ["http://localhost:9000"]})",
     .check = CheckEndpoint},
    {.name = "path_style",
     .member = &Spec::path_style,
     .required = false,
     .description =
         "Put the bucket's name into the path of URLs instead of the host name. "
         "Most S3-compatible services need it.",
     .schema = R"({})",
     .check = nullptr},
    {.name = "memory_limit",
     .member = &Spec::memory_limit,
     .required = false,
     .description =
         "What a sync may hold in memory: a number of bytes, or a text with a unit (k, "
         "M, "
         "G: powers of 1000; Ki, Mi, Gi: powers of 1024). At least 32MiB. 0 or empty: "
         "half of what the container or machine has, at most 128MiB.",
     .schema = R"({"examples": ["512MiB", "1GB", 268435456]})",
     .check = CheckMemoryLimit},
    {.name = "on_error",
     .member = &Spec::on_error,
     .required = false,
     .description = "What a malformed object is: skip leaves it out with a warning, fail "
                    "makes the sync fail after all other objects were read.",
     .schema = R"({"enum": ["", "skip", "fail"]})",
     .check = CheckOnError},
    {.name = "max_errors",
     .member = &Spec::max_errors,
     .required = false,
     .description = "How many objects may be skipped; one more ends the sync with an "
                    "error. 0: any number.",
     .schema = R"({"minimum": 0, "examples": [100]})",
     .check = CheckMaxErrors},
    {.name = "incremental.lookback",
     .member = &Spec::lookback,
     .required = false,
     .description = "How long after its LastModified an object may appear and still be "
                    "found: a number and s, m, h or d. A multipart upload has the time "
                    "at which it was begun.",
     .schema = R"({"examples": ["24h", "7d"]})",
     .check = nullptr},
    {.name = "incremental.receipts",
     .member = &Spec::receipts,
     .required = false,
     .description = "Send a receipt behind the rows of each sync and read it back from "
                    "the state backend, which must be the destination: what has no "
                    "receipt is sent again.",
     .schema = R"({})",
     .check = nullptr},
};

}  // namespace

std::span<const Field> SpecFields() { return kFields; }

}  // namespace s3source
