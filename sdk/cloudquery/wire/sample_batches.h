#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace cq::testing {

/// One type of every kind that a record may carry, nested ones and CloudQuery's extension
/// types among them.
arrow::DataTypeVector SampleTypes();

/// One column c0, c1, ... for each type with random values: NULLs at every depth, empty
/// texts and empty lists among them.
std::shared_ptr<arrow::RecordBatch> RandomBatch(const arrow::DataTypeVector& types,
                                                int64_t rows, std::mt19937& random);

/// A batch of utf8 columns: one named `name` whose values have these lengths in bytes,
/// and an int64 column `n` that counts from 0.
std::shared_ptr<arrow::RecordBatch> TextBatch(const std::string& name,
                                              const std::vector<int64_t>& lengths);

/// `batch` with its columns, at any depth, taken as the types of `schema`: storage
/// becomes its extension type. The layouts must be the same.
std::shared_ptr<arrow::RecordBatch> As(const std::shared_ptr<arrow::Schema>& schema,
                                       const arrow::RecordBatch& batch);

}  // namespace cq::testing
