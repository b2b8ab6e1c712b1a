#pragma once

#include <string>
#include <vector>

namespace s3source {

/// Final column names, one for each name of a file's schema, the same for the same file
/// in every run:
/// - `_cq_sync_time`, `_cq_source_name` and `_cq_sync_group_id`, which the CLI would
/// otherwise not set
///   itself (delete-stale would then remove fresh rows), and `_cq_parent_id` of a file
///   without
///   `_cq_id`, become `original_cq_…`, in any letter case; so does a `_cq_id` in other
///   letters
///   (`_CQ_ID`), which a destination could not tell from CloudQuery's own;
/// - an empty name becomes `column_N` (N from 1), control characters and broken UTF-8 are
/// escaped;
/// - a name that another column before has, the case of ASCII letters aside, gets `_2`,
/// `_3`, …, the
///   first that no column of the file has.
std::vector<std::string> FinalColumnNames(const std::vector<std::string>& names);

}  // namespace s3source
