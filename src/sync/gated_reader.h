#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include <memory>
#include <stop_token>
#include <utility>

#include "read/memory_budget.h"
#include "read/object_reader.h"

namespace s3source {

/// A reader that waits for its turn before each batch. All references outlive it.
class GatedReader final : public ObjectReader {
 public:
  GatedReader(ObjectReader& reader, DecodeTurn& turn, std::stop_token stop)
      : reader_(reader), turn_(turn), stop_(std::move(stop)) {}

  const std::shared_ptr<arrow::Schema>& schema() const override {
    return reader_.schema();
  }
  int64_t num_rows() const override { return reader_.num_rows(); }
  int64_t first_row() const override { return reader_.first_row(); }
  int64_t expected_bytes() const override { return reader_.expected_bytes(); }
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (!turn_.Await(reader_.expected_bytes(), stop_)) {
      return arrow::Status::Cancelled("the sync was stopped");
    }
    return reader_.Next();
  }

 private:
  ObjectReader& reader_;
  DecodeTurn& turn_;
  const std::stop_token stop_;
};

}  // namespace s3source
