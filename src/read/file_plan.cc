#include "read/file_plan.h"

#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

namespace s3source {

namespace {

constexpr int kMaxRowGroups = 100000;

struct RowGroup {
  int64_t rows = 0;
  int64_t stored_bytes = 0;
  int64_t decoded_bytes = 0;
  std::vector<int64_t> column_bytes;
  std::vector<ByteRange> chunks;
  std::vector<ByteRange> int96_chunks;
};

int64_t SumUpToMax(int64_t a, int64_t b) {
  return a + std::min(b, std::numeric_limits<int64_t>::max() - a);
}

/// Some writers do not say where the dictionary is.
bool HasDictionary(const parquet::ColumnChunkMetaData& chunk) {
  if (chunk.has_dictionary_page()) return true;
  return std::ranges::any_of(chunk.encodings(), [](parquet::Encoding::type encoding) {
    return encoding == parquet::Encoding::RLE_DICTIONARY ||
           encoding == parquet::Encoding::PLAIN_DICTIONARY;
  });
}

/// What the reader of a column holds while it is in this chunk. A page is no larger than
/// the chunk; of a dictionary the library holds the page, a copy, and a pointer and a
/// length of each value, which has four bytes of length in the page.
int64_t ColumnBytes(const parquet::ColumnChunkMetaData& chunk) {
  constexpr int64_t kPlausible = int64_t{1} << 40;
  const int64_t pages =
      std::clamp<int64_t>(chunk.total_uncompressed_size(), 0, kPlausible);
  const int64_t readers = chunk.type() == parquet::Type::INT96 ? 2 : 1;
  if (!HasDictionary(chunk)) return readers * pages;
  const int64_t values = std::clamp<int64_t>(chunk.num_values(), 0, pages / 4);
  const bool text = chunk.type() == parquet::Type::BYTE_ARRAY;
  return readers * 2 * pages + (text ? values * int64_t{sizeof(parquet::ByteArray)} : 0);
}

arrow::Result<RowGroup> ReadRowGroup(const parquet::FileMetaData& footer, int index,
                                     int64_t file_bytes) {
  const std::unique_ptr<parquet::RowGroupMetaData> metadata = footer.RowGroup(index);
  RowGroup group;
  group.rows = metadata->num_rows();
  if (group.rows < 0) {
    return arrow::Status::Invalid("row group ", index, " claims ", group.rows, " rows");
  }
  if (group.rows == 0) return group;
  if (metadata->num_columns() != footer.num_columns()) {
    return arrow::Status::Invalid("row group ", index, " has ", metadata->num_columns(),
                                  " columns, the file ", footer.num_columns());
  }
  group.decoded_bytes = std::max<int64_t>(0, metadata->total_byte_size());
  group.chunks.reserve(metadata->num_columns());
  for (int column = 0; column < metadata->num_columns(); ++column) {
    const auto chunk = metadata->ColumnChunk(column);
    const parquet::ColumnDescriptor& descriptor = *footer.schema()->Column(column);
    if (chunk->type() != descriptor.physical_type()) {
      return arrow::Status::Invalid("row group ", index,
                                    " claims another type for column ",
                                    descriptor.path()->ToDotString(), " than the schema");
    }
    ARROW_ASSIGN_OR_RAISE(ByteRange range, ChunkRange(footer, *chunk, file_bytes));
    group.stored_bytes += chunk->total_compressed_size();
    if (group.stored_bytes > file_bytes) break;
    group.chunks.push_back(range);
    if (chunk->type() == parquet::Type::INT96) group.int96_chunks.push_back(range);
    group.column_bytes.push_back(ColumnBytes(*chunk));
  }
  return group;
}

void SortAndClip(std::vector<ByteRange>* ranges, int64_t end) {
  for (ByteRange& range : *ranges) {
    range.length = std::max<int64_t>(0, std::min(range.length, end - range.offset));
  }
  std::erase_if(*ranges, [](const ByteRange& range) { return range.length == 0; });
  std::sort(ranges->begin(), ranges->end(),
            [](const ByteRange& a, const ByteRange& b) { return a.offset < b.offset; });
}

void CutInto(const ByteRange& range, int64_t piece_bytes, std::vector<ByteRange>* out) {
  const int64_t pieces =
      std::max<int64_t>(1, (range.length + piece_bytes - 1) / piece_bytes);
  int64_t done = 0;
  for (int64_t i = 1; i <= pieces; ++i) {
    const int64_t until = range.length / pieces * i + range.length % pieces * i / pieces;
    out->push_back({range.offset + done, until - done});
    done = until;
  }
}

/// Sorted, disjoint: a chunk gives what it shares with the one before.
void MakeDisjoint(std::vector<ByteRange>* ranges) {
  int64_t end = 0;
  for (ByteRange& range : *ranges) {
    const int64_t skip = std::clamp<int64_t>(end - range.offset, 0, range.length);
    range.offset += skip;
    range.length -= skip;
    end = std::max(end, range.offset + range.length);
  }
  std::erase_if(*ranges, [](const ByteRange& range) { return range.length == 0; });
}

/// Gathers row groups into parts.
class Planner {
 public:
  Planner(int64_t held_from, const ReadOptions& options)
      : held_from_(held_from), options_(options) {}

  void Add(int index, const RowGroup& group) {
    const bool streamed =
        held_from_ > 0 && group.stored_bytes > options_.row_group_prefetch_bytes;
    if (plan_.parts.empty() || plan_.parts.back().streamed || streamed ||
        plan_.parts.back().stored_bytes + group.stored_bytes > options_.range_bytes) {
      FinishPart();
      plan_.parts.emplace_back().streamed = streamed;
    }
    FilePart& part = plan_.parts.back();
    part.row_groups.push_back(index);
    part.rows += group.rows;
    part.stored_bytes += group.stored_bytes;
    part.decoded_bytes = SumUpToMax(part.decoded_bytes, group.decoded_bytes);
    plan_.rows += group.rows;
    if (streamed) part.read_twice = group.int96_chunks;
    // Columns go from one row group to the next one after the other.
    column_bytes_.resize(std::max(column_bytes_.size(), group.column_bytes.size()));
    for (size_t i = 0; i < group.column_bytes.size(); ++i) {
      column_bytes_[i] = std::max(column_bytes_[i], group.column_bytes[i]);
    }
    chunks_.insert(chunks_.end(), group.chunks.begin(), group.chunks.end());
  }

  FilePlan Finish() && {
    FinishPart();
    for (const int64_t bytes : column_bytes_) {
      plan_.column_bytes = SumUpToMax(plan_.column_bytes, bytes);
    }
    return std::move(plan_);
  }

 private:
  void FinishPart() {
    if (plan_.parts.empty()) return;
    FilePart& part = plan_.parts.back();
    if (part.streamed) {
      SortAndClip(&chunks_, held_from_);
      MakeDisjoint(&chunks_);
      part.ranges = chunks_;
    } else {
      part.ranges =
          CoverRanges(chunks_, held_from_, options_.range_bytes, options_.hole_bytes);
    }
    chunks_.clear();
  }

  const int64_t held_from_;
  const ReadOptions& options_;
  FilePlan plan_;
  std::vector<ByteRange> chunks_;      ///< of the last part
  std::vector<int64_t> column_bytes_;  ///< of each column, in any row group
};

}  // namespace

std::vector<ByteRange> CoverRanges(std::vector<ByteRange> wanted, int64_t end,
                                   int64_t range_bytes, int64_t hole_bytes) {
  SortAndClip(&wanted, end);
  MakeDisjoint(&wanted);
  std::vector<ByteRange> cover;
  ByteRange open{0, 0};
  for (const ByteRange& next : wanted) {
    const int64_t hole = next.offset - (open.offset + open.length);
    const int64_t joined = next.offset + next.length - open.offset;
    if (open.length > 0 && hole <= std::min(hole_bytes, open.length) &&
        joined <= range_bytes) {
      open.length = joined;
      continue;
    }
    if (open.length > 0) CutInto(open, range_bytes, &cover);
    open = next;
  }
  if (open.length > 0) CutInto(open, range_bytes, &cover);
  return cover;
}

std::vector<FilePlan> SplitPlan(const FilePlan& plan, int pieces, int64_t least_bytes) {
  int64_t stored_bytes = 0;
  for (const FilePart& part : plan.parts) stored_bytes += part.stored_bytes;
  const int64_t count = std::min<int64_t>(pieces, stored_bytes / least_bytes);
  if (count < 2) return {plan};
  const int64_t piece_bytes = stored_bytes / count + 1;
  std::vector<FilePlan> plans;
  int64_t bytes_before = 0;
  int64_t row = plan.first_row;
  int64_t last = -1;
  for (const FilePart& part : plan.parts) {
    // The piece in which the part's middle lies.
    const int64_t piece = (bytes_before + part.stored_bytes / 2) / piece_bytes;
    if (piece != last) {
      FilePlan& next = plans.emplace_back();
      next.first_row = row;
      next.column_bytes = plan.column_bytes;
      last = piece;
    }
    plans.back().parts.push_back(part);
    plans.back().rows += part.rows;
    bytes_before += part.stored_bytes;
    row += part.rows;
  }
  return plans;
}

arrow::Result<ByteRange> ChunkRange(const parquet::FileMetaData& footer,
                                    const parquet::ColumnChunkMetaData& chunk,
                                    int64_t file_bytes) {
  int64_t begin = chunk.data_page_offset();
  if (chunk.has_dictionary_page() && chunk.dictionary_page_offset() > 0) {
    begin = std::min(begin, chunk.dictionary_page_offset());
  }
  int64_t length = chunk.total_compressed_size();
  if (begin < 0 || length < 0 || begin > file_bytes || length > file_bytes - begin) {
    return arrow::Status::Invalid("a column chunk at ", begin, " of ", length,
                                  " bytes lies outside of the file");
  }
  // parquet-mr before 1.2.9 did not count the header of the dictionary page
  // (PARQUET-816), which has 100 bytes at most.
  if (footer.writer_version().VersionLt(
          parquet::ApplicationVersion::PARQUET_816_FIXED_VERSION())) {
    length += std::min<int64_t>(100, file_bytes - begin - length);
  }
  return ByteRange{begin, length};
}

arrow::Result<FilePlan> PlanFile(const parquet::FileMetaData& footer, int64_t file_bytes,
                                 int64_t held_from, const ReadOptions& options) {
  const int groups = footer.num_row_groups();
  if (groups > kMaxRowGroups) {
    return arrow::Status::Invalid("it has ", groups,
                                  " row groups, more than the limit of ", kMaxRowGroups);
  }
  Planner planner(held_from, options);
  int64_t stored_bytes = 0;
  int64_t rows = 0;
  for (int i = 0; i < groups; ++i) {
    ARROW_ASSIGN_OR_RAISE(RowGroup group, ReadRowGroup(footer, i, file_bytes));
    if (group.rows == 0) continue;
    stored_bytes += group.stored_bytes;
    if (stored_bytes > file_bytes) {
      return arrow::Status::Invalid(
          "its column chunks together are larger than the file");
    }
    if (group.rows > std::numeric_limits<int64_t>::max() - rows) {
      return arrow::Status::Invalid("it claims more than 2^63 rows");
    }
    rows += group.rows;
    planner.Add(i, group);
  }
  return std::move(planner).Finish();
}

}  // namespace s3source
