#pragma once

#include <string>
#include <string_view>

namespace s3source {

/// `text` with access keys, tokens and signatures replaced by "[redacted]".
std::string Redacted(std::string_view text);

}  // namespace s3source
