#pragma once

#include <arrow/result.h>

#include <string>
#include <vector>

#include "store/object.h"

namespace s3source {

/// One page of ListObjectsV2.
struct ListPage {
  std::vector<Object> objects;
  std::vector<std::string> folders;  ///< CommonPrefixes, of a listing with a delimiter
  std::string next_token;            ///< empty on the last page
};

/// Reads a page strictly: what is cut off, not a ListBucketResult, without a required
/// element, or has a size, date or escape that makes no sense is Invalid, never a shorter
/// page. The text says what is wrong, not where it came from. Entities are not expanded,
/// a document type is refused.
arrow::Result<ListPage> ParseListPage(std::string xml);

}  // namespace s3source
