#pragma once

#include <arrow/type_fwd.h>

#include <string>

namespace s3source {

/// What keeps MergeSchemas from merging the two, for people: which columns are missing in
/// `incoming`, which `known` lacks, which stand at another place, which have another type
/// (nested fields by their path). Long lists and types are cut.
std::string DescribeDifference(const arrow::Schema& known, const arrow::Schema& incoming);

}  // namespace s3source
