#pragma once

#include <arrow/status.h>

#include <string_view>

namespace s3source {

/// OK for what may stand in `field` as the name of a bucket or region, of AWS or another
/// S3 service: letters, digits, '.', '-' and '_', beginning with a letter or digit.
/// Otherwise Invalid, naming the field and the value.
arrow::Status CheckName(std::string_view field, std::string_view value);

/// Whether a region has the form of AWS's: lower case, digits and '-'. Others
/// ("RegionOne") are of services with an endpoint of their own.
bool IsAwsRegion(std::string_view region);

/// Invalid when `value` begins or ends with white space; does not show it.
arrow::Status CheckTrimmed(std::string_view field, std::string_view value);

}  // namespace s3source
