#pragma once

#include <arrow/result.h>

#include <cstdint>
#include <vector>

#include "read/object_reader.h"
#include "store/object_store.h"

namespace parquet {
class ColumnChunkMetaData;
class FileMetaData;
}  // namespace parquet

namespace s3source {

/// A piece of a file that is decoded at once: one row group, or several small ones in a
/// row.
struct FilePart {
  std::vector<int> row_groups;
  int64_t rows = 0;
  int64_t stored_bytes = 0;   ///< of the column chunks
  int64_t decoded_bytes = 0;  ///< uncompressed, as the footer claims
  /// What has to be fetched for it, sorted and disjoint: each range by one GET, or, of a
  /// streamed part, one column chunk each.
  std::vector<ByteRange> ranges;
  /// Of those of a streamed part, the ones that are read by two readers: INT96 columns.
  std::vector<ByteRange> read_twice;
  bool streamed =
      false;  ///< too large to be held: fetched column by column while it is decoded
};

struct FilePlan {
  std::vector<FilePart> parts;  ///< in the order of the rows; none without rows
  int64_t rows = 0;
  int64_t first_row = 0;  ///< of the parts, in the file
  /// What the readers of all columns hold at once, at most, when the footer is right: the
  /// current page and the dictionary of each. A footer may claim any number.
  int64_t column_bytes = 0;
};

/// The bytes in which the pages of a column chunk are. Invalid when they lie outside of
/// the file.
arrow::Result<ByteRange> ChunkRange(const parquet::FileMetaData& footer,
                                    const parquet::ColumnChunkMetaData& chunk,
                                    int64_t file_bytes);

/// Decides how the column chunks of a file are fetched, of which everything from
/// `held_from` on is held already. Invalid when the footer places data outside of the
/// file or makes no sense otherwise. May throw what the Parquet library throws.
arrow::Result<FilePlan> PlanFile(const parquet::FileMetaData& footer, int64_t file_bytes,
                                 int64_t held_from, const ReadOptions& options);

/// Cuts a plan between its parts into plans that follow each other: at most `pieces`, of
/// about equal stored bytes, as a rule at least `least_bytes` each. At least one plan.
std::vector<FilePlan> SplitPlan(const FilePlan& plan, int pieces, int64_t least_bytes);

/// Ranges that cover the parts of `wanted` before `end`, sorted and disjoint. Neighbours
/// are joined up to `range_bytes`, across holes up to `hole_bytes` that are no larger
/// than what they follow; a range that is larger is cut into equal ones.
std::vector<ByteRange> CoverRanges(std::vector<ByteRange> wanted, int64_t end,
                                   int64_t range_bytes, int64_t hole_bytes);

}  // namespace s3source
