#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

namespace s3source::testing {

/// A column as the Parquet library may give it, and what has to become of it.
struct MappingCase {
  std::string name;
  std::shared_ptr<arrow::Array> source;
  std::shared_ptr<arrow::Array> expected;
  bool in_parquet = true;  ///< the Parquet library can write such a column
};

/// One for each row of the type mapping, with nulls, and for nestings of them.
std::vector<MappingCase> MappingCases();

/// `json` as an array of the type, or of the extension type, whose storage then `json`
/// is. Fails the test when it is not.
std::shared_ptr<arrow::Array> Make(const std::shared_ptr<arrow::DataType>& type,
                                   const std::string& json);

}  // namespace s3source::testing
