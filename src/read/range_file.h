#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/util/future.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <stop_token>
#include <vector>

#include "read/file_plan.h"
#include "read/memory_budget.h"
#include "read/object_reader.h"
#include "store/object_store.h"

namespace s3source {

/// An object as a file of which the end is in memory and the rest is fetched part by
/// part, ahead of its reader and each byte once. Not thread-safe. Reads block until their
/// bytes are there.
class RangeFile final : public arrow::io::RandomAccessFile {
 public:
  /// `store`, `plan` and `pool` outlive the file. Stop cancels what is under way.
  RangeFile(ObjectStore& store, FetchedObject fetched, const FilePlan& plan,
            const ReadOptions& options, std::stop_token stop, arrow::MemoryPool* pool);

  /// Makes the next part (first, the first one) the one that can be read. Requests what
  /// is missing of it, and of the parts behind it as long as the budget has room and what
  /// is held and under way stays within row_group_prefetch_bytes, or one more range than
  /// that. Of a streamed part, requests the first step of each range; a step is requested
  /// when the one before is begun and dropped when the next is. When the last step of a
  /// range is begun, its room is for the parts behind.
  void NextPart();

  /// Who reads from now on. What one of the two has read of the plan's read_twice is held
  /// until the other has; the second one reads nothing else of a streamed part.
  enum class Reader { kFirst, kSecond };
  void SetReader(Reader reader) { reader_ = reader; }

  /// The first error of the store, as it came; OK when there was none.
  const arrow::Status& store_error() const { return store_error_; }

  /// Invalid outside of the current part's ranges and the end of the file.
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t nbytes, void* out) override;
  /// Without a copy when the bytes came by one request, unless of a streamed part: a step
  /// is not held for longer than it counts in the budget.
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position,
                                                       int64_t nbytes) override;
  /// Without a copy when the bytes came by one request, of any part. To be dropped before
  /// the next read.
  arrow::Result<std::shared_ptr<arrow::Buffer>> BorrowAt(int64_t position,
                                                         int64_t nbytes);
  /// The same, and the bytes can be read once more.
  arrow::Result<std::shared_ptr<arrow::Buffer>> PeekAt(int64_t position, int64_t nbytes);
  arrow::Result<int64_t> GetSize() override { return fetched_.object.size_bytes; }

  arrow::Status Close() override;
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Seek(int64_t position) override;
  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override;

 private:
  /// Bytes fetched, or under way, by one request.
  struct Step {
    ByteRange range;
    MemoryCharge charge;
    arrow::Future<std::shared_ptr<arrow::Buffer>> bytes;
  };
  /// A range of a part, fetched by one step or several.
  struct Lane {
    ByteRange range;
    int64_t step_bytes = 0;
    int64_t requested = 0;  ///< bytes of the range that were asked for
    std::deque<Step> steps;
    bool ending = false;  ///< the last step was begun
    bool read_twice = false;
    std::array<int64_t, 2> read_from{};  ///< where each Reader read last
  };
  using Lanes = std::vector<Lane>;

  Lanes MakeLanes(const FilePart& part) const;
  int64_t ToHold(const Lane& lane) const;
  /// Requests the steps of a range up to its byte `until`: what is read now whatever it
  /// takes, what lies ahead as long as it fits. False when it did not.
  enum class Need { kNow, kAhead };
  bool Request(Lane* lane, int64_t until, Need need);
  void RequestAhead();
  void RequestFor(Lane* lane, int64_t position, int64_t nbytes);
  /// Of one lane: what lies before is no longer needed.
  void DropBefore(int64_t position, Lane* lane);
  int64_t end_offset() const;
  int64_t WithinFile(int64_t position, int64_t nbytes) const;
  arrow::Result<Lane*> FindLane(int64_t position);
  arrow::Result<std::shared_ptr<arrow::Buffer>> Wait(const Step& step);
  /// Bytes from `position` on that one buffer holds, at most `nbytes`. Those before
  /// `keep_from` can no longer be read.
  arrow::Result<std::shared_ptr<arrow::Buffer>> Contiguous(int64_t position,
                                                           int64_t nbytes,
                                                           int64_t keep_from);
  enum class Form { kCopy, kAsItCame };
  /// `nbytes` in one buffer. With `keep` they can be read once more.
  arrow::Result<std::shared_ptr<arrow::Buffer>> Gather(int64_t position, int64_t nbytes,
                                                       Form form, bool keep);
  bool InSteps(int64_t position);

  ObjectStore& store_;
  const FetchedObject fetched_;
  const FilePlan& plan_;
  const ReadOptions options_;
  const std::stop_token stop_;
  arrow::MemoryPool* const pool_;

  size_t next_part_ = 0;          ///< the first without lanes
  std::deque<Lanes> lanes_;       ///< of the current part and those fetched ahead
  bool short_of_memory_ = false;  ///< less was requested ahead than should be
  arrow::Status store_error_;
  Reader reader_ = Reader::kFirst;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace s3source
