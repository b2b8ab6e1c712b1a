#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace s3source {

/// The whole content of a file of at most `max_bytes`. IOError names the path and says
/// why not: missing, a directory, not permitted, too large.
arrow::Result<std::string> ReadTextFile(const std::filesystem::path& path,
                                        int64_t max_bytes);

}  // namespace s3source
