#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace s3source {

/// S3's LastModified: UTC. AWS gives whole seconds, some compatible stores milliseconds.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

/// One object as a listing shows it. The key is bytes, never normalised and never a path.
struct Object {
  std::string key;
  std::string etag;  ///< opaque, with its quotes, as S3 sends it in If-Match's form
  int64_t size_bytes = 0;
  Timestamp last_modified;
  std::string storage_class;  ///< "" where the server does not say
};

}  // namespace s3source
