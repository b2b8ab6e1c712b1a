#pragma once

#include <arrow/result.h>

#include <nlohmann/json.hpp>
#include <string>

namespace s3source {

/// The JSON value of an unquoted YAML scalar. Invalid for what JSON cannot hold (.inf,
/// .nan).
arrow::Result<nlohmann::ordered_json> ResolvePlainScalar(const std::string& text);

}  // namespace s3source
