#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "spec/byte_size.h"
#include "spec/duration.h"

namespace s3source {

/// The smallest memory_limit.
constexpr int64_t kLeastMemoryLimit = 32 << 20;

/// The plugin's spec: every field, every default.
struct Spec {
  std::string bucket;  ///< required; a name, never an ARN or a URL
  std::string region;  ///< required
  std::string
      local_profile;  ///< AWS shared-config profile; empty: the default credential chain
  bool anonymous = false;   ///< requests are not signed
  std::string path_prefix;  ///< plain key prefix for the listing; not cut off table names
  std::string filetype = "parquet";
  int64_t rows_per_record = 500;  ///< upper bound of rows in one message; at least 1
  int64_t concurrency =
      50;  ///< S3 requests in flight; negative: the client's most; never 0
  std::string
      endpoint;  ///< of an S3-compatible service, `https://host[:port]`; empty: AWS
  bool path_style = false;        ///< bucket in the path instead of the host name
  ByteSize memory_limit;          ///< of a sync; 0: by what the machine or container has
  std::string on_error = "skip";  ///< what a malformed object is: "skip" or "fail"
  int64_t max_errors = 0;         ///< objects that may be skipped; 0: any number
  /// How long before the newest object another may still appear: `incremental.lookback`.
  Duration lookback{std::chrono::hours(24)};
  /// Wait for the destination's word before a sync counts: `incremental.receipts`.
  bool receipts = false;
};

/// Parses and checks the JSON of a `spec:` block. `null` and "" count as {}. Keys match
/// regardless of case, as in Go; null, "" and 0 leave the default. Invalid names the
/// field, what it got and what it takes; an unknown field is an error that names the
/// nearest known one. No error repeats a value that may hold a secret.
arrow::Result<Spec> ParseSpec(std::string_view json);

/// The JSON schema (draft 2020-12) of the spec. It takes whatever ParseSpec takes, in the
/// spelling of the documentation; a few rules (an endpoint's host, say) are ParseSpec's
/// alone.
std::string SpecJsonSchema();

}  // namespace s3source
