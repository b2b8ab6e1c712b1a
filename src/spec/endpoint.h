#pragma once

#include <arrow/result.h>

#include <string>
#include <string_view>

namespace s3source {

/// An endpoint in its one form, `http[s]://host[:port]` in lower case, from what a user
/// wrote: a slash at the end is dropped. Invalid for user names, paths, queries and the
/// addresses of cloud metadata services; the texts never repeat the value, which may hold
/// a secret.
arrow::Result<std::string> NormalizeEndpoint(std::string_view endpoint);

}  // namespace s3source
