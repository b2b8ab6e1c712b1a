#pragma once

#include <cstdint>

namespace s3source {

/// Decides how many rows to decode at once, so that a batch stays near `batch_bytes`
/// whatever its rows are like: by what the footer claims and by what the last batch was.
/// A batch that has room for a record's end ends with one, so that records lie within
/// batches.
class BatchSize {
 public:
  /// The first record begins with the first batch; each has `record_rows` rows.
  BatchSize(int64_t batch_rows, int64_t batch_bytes, int64_t record_rows = 1);

  /// The rows that come next take this many bytes, the file claims.
  void Expect(int64_t rows, int64_t bytes);
  /// A batch of rows() or fewer was decoded. The next has at most four times rows(), as a
  /// dictionary may make rows of any size from little.
  void Observe(int64_t rows, int64_t bytes);

  /// For the next batch; at least 1.
  int64_t rows() const;

 private:
  /// Wherever records end.
  int64_t MostRows() const;

  const int64_t batch_rows_;
  const int64_t batch_bytes_;
  const int64_t record_rows_;
  int64_t begun_rows_ = 0;  ///< of a record whose end is in no batch yet
  int64_t expected_row_bytes_ = 0;
  int64_t observed_row_bytes_ = 0;
  int64_t most_rows_;
};

}  // namespace s3source
