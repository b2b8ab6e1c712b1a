#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <arrow/result.h>

namespace s3source {

/// The plugin's spec: every field, every default.
struct Spec {
  std::string bucket;         ///< required
  std::string region;         ///< required
  std::string local_profile;  ///< AWS shared-config profile; empty: the default credential chain
  std::string path_prefix;    ///< plain key prefix for the listing; not cut off table names
  std::string filetype = "parquet";
  int64_t rows_per_record = 500;  ///< upper bound of rows in one message; 0 means the default
  int64_t concurrency = 50;       ///< S3 requests in flight; 0 means the default, negative no bound
  std::string endpoint;           ///< base URL of an S3-compatible service; empty: AWS
  bool path_style = false;        ///< bucket in the path instead of the host name
};

/// Parses and checks the JSON of a `spec:` block. `null` and "" count as {}. Keys match regardless of
/// case, as in Go; a null value leaves the default. Invalid names the field, what it got and what it
/// takes; an unknown field is an error that names the nearest known one.
arrow::Result<Spec> ParseSpec(std::string_view json);

/// The JSON schema (draft 2020-12) of the spec.
std::string SpecJsonSchema();

}  // namespace s3source
