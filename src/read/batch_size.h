#pragma once

#include <cstdint>

namespace s3source {

/// Decides how many rows to decode at once, so that a batch stays near `batch_bytes`
/// whatever its rows are like: by what the footer claims and by what the last batch was.
class BatchSize {
 public:
  BatchSize(int64_t batch_rows, int64_t batch_bytes);

  /// The rows that come next take this many bytes, the file claims.
  void Expect(int64_t rows, int64_t bytes);
  /// A batch of rows() or fewer was decoded. The next has at most four times rows(), as a
  /// dictionary may make rows of any size from little.
  void Observe(int64_t rows, int64_t bytes);

  /// For the next batch; at least 1.
  int64_t rows() const;

 private:
  const int64_t batch_rows_;
  const int64_t batch_bytes_;
  int64_t expected_row_bytes_ = 0;
  int64_t observed_row_bytes_ = 0;
  int64_t most_rows_;
};

}  // namespace s3source
