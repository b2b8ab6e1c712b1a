#pragma once

#include <arrow/result.h>

#include <string>
#include <string_view>

namespace s3source {

/// A ZIP archive that holds `content` as one executable file called `name`. The same
/// input makes the same bytes. Both sizes are below 4 GiB, else Invalid.
arrow::Result<std::string> ZipOfOneFile(std::string_view name, std::string_view content);

/// In hexadecimal digits.
arrow::Result<std::string> Sha256(std::string_view content);

}  // namespace s3source
