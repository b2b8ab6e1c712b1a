#pragma once

#include <parquet/column_reader.h>
#include <parquet/file_reader.h>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace s3source {

/// A column through several row groups, by the Parquet library's reader of one column
/// chunk. Members may throw what the library throws.
template <typename Type>
class ChunkSequence {
 public:
  using Reader = parquet::TypedColumnReader<Type>;

  /// `file` outlives this.
  ChunkSequence(parquet::ParquetFileReader* file, int column)
      : file_(file), column_(column) {}

  void Begin(std::vector<int> row_groups) {
    row_groups_ = std::move(row_groups);
    next_group_ = 0;
    reader_.reset();
  }

  /// The reader of the next value; null at the end of the last chunk.
  Reader* Next() {
    while (reader_ == nullptr || !reader_->HasNext()) {
      if (next_group_ == row_groups_.size()) return nullptr;
      reader_ = std::static_pointer_cast<Reader>(
          file_->RowGroup(row_groups_[next_group_++])->Column(column_));
    }
    return reader_.get();
  }

  /// Changes with the chunk that Next is in.
  size_t ordinal() const { return next_group_; }

 private:
  parquet::ParquetFileReader* file_;
  int column_;
  std::vector<int> row_groups_;
  size_t next_group_ = 0;
  std::shared_ptr<Reader> reader_;  ///< of one column chunk
};

}  // namespace s3source
