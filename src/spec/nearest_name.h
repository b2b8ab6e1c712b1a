#pragma once

#include <span>
#include <string_view>

namespace s3source {

/// The name of `known` that somebody who wrote `name` most likely meant, or "" when none
/// is near: a few letters wrong ("buket"), or one name inside the other ("bucket_name").
/// Case is ignored.
std::string_view NearestName(std::string_view name,
                             std::span<const std::string_view> known);

}  // namespace s3source
