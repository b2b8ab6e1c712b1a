#include "read/range_file.h"

#include <arrow/buffer.h>
#include <arrow/status.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace s3source {

namespace {

using BufferPtr = std::shared_ptr<arrow::Buffer>;

constexpr int64_t kMinStepBytes = 128 << 10;

bool Contains(const ByteRange& outer, const ByteRange& inner) {
  return inner.offset >= outer.offset &&
         inner.offset + inner.length <= outer.offset + outer.length;
}

}  // namespace

RangeFile::RangeFile(ObjectStore& store, FetchedObject fetched, const FilePlan& plan,
                     const ReadOptions& options, std::stop_token stop,
                     arrow::MemoryPool* pool)
    : store_(store),
      fetched_(std::move(fetched)),
      plan_(plan),
      options_(options),
      stop_(std::move(stop)),
      pool_(pool) {}

int64_t RangeFile::end_offset() const {
  return fetched_.object.size_bytes - fetched_.tail->size();
}

RangeFile::Lanes RangeFile::MakeLanes(const FilePart& part) const {
  // Two steps of each lane are held or under way.
  const int64_t share =
      options_.row_group_prefetch_bytes /
      std::max<int64_t>(1, 2 * static_cast<int64_t>(part.ranges.size()));
  const int64_t step = std::max(kMinStepBytes, std::min(share, options_.range_bytes));
  Lanes lanes(part.ranges.size());
  for (size_t i = 0; i < lanes.size(); ++i) {
    const ByteRange& range = part.ranges[i];
    Lane& lane = lanes[i];
    lane.range = range;
    lane.step_bytes = part.streamed ? step : range.length;
    lane.read_from.fill(range.offset);
    lane.read_twice = std::ranges::any_of(
        part.read_twice, [&](const ByteRange& chunk) { return Contains(chunk, range); });
  }
  return lanes;
}

bool RangeFile::Request(Lane* lane, int64_t until, Need need) {
  while (lane->requested < std::min(until, lane->range.length)) {
    const ByteRange range{
        lane->range.offset + lane->requested,
        std::min(lane->step_bytes, lane->range.length - lane->requested)};
    MemoryCharge charge;
    if (options_.budget != nullptr) {
      std::optional<MemoryCharge> fits = need == Need::kNow
                                             ? options_.budget->Charge(range.length)
                                             : options_.budget->TryCharge(range.length);
      if (!fits) return false;
      charge = *std::move(fits);
    }
    lane->steps.push_back(
        {range, std::move(charge), store_.Read(fetched_.object, range, stop_)});
    lane->requested += range.length;
  }
  return true;
}

void RangeFile::NextPart() {
  if (!lanes_.empty()) lanes_.pop_front();
  if (lanes_.empty() && next_part_ < plan_.parts.size()) {
    lanes_.push_back(MakeLanes(plan_.parts[next_part_++]));
  }
  if (lanes_.empty()) return;
  for (Lane& lane : lanes_.front()) Request(&lane, 1, Need::kNow);
  RequestAhead();
}

/// Of the current part: what it takes from now on, at most.
int64_t RangeFile::ToHold(const Lane& lane) const {
  return std::min(lane.range.length, (lane.ending ? 1 : 2) * lane.step_bytes);
}

void RangeFile::RequestAhead() {
  short_of_memory_ = false;
  const FilePart& current = plan_.parts[next_part_ - lanes_.size()];
  int64_t room = options_.row_group_prefetch_bytes;
  for (const Lane& lane : lanes_.front()) room -= ToHold(lane);
  if (!current.streamed) room = std::max(room, options_.range_bytes);
  for (size_t ahead = 1; room > 0; ++ahead) {
    if (ahead == lanes_.size()) {
      if (next_part_ == plan_.parts.size()) return;
      lanes_.push_back(MakeLanes(plan_.parts[next_part_++]));
    }
    for (Lane& lane : lanes_[ahead]) {
      if (room <= 0) return;
      if (!Request(&lane, 1, Need::kAhead)) {
        short_of_memory_ = true;
        return;
      }
      room -= lane.step_bytes;
    }
    // Each of its ranges goes on from its first step; what is behind it comes later.
    if (plan_.parts[next_part_ - lanes_.size() + ahead].streamed) return;
  }
}

/// What is read now, and one step more.
void RangeFile::RequestFor(Lane* lane, int64_t position, int64_t nbytes) {
  const int64_t from = position - lane->range.offset;
  Request(lane, from + std::min(nbytes, options_.range_bytes), Need::kNow);
  if (!Request(lane, from + lane->step_bytes + 1, Need::kAhead)) return;
  const bool ends = lane->range.length - from <= lane->step_bytes;
  if (short_of_memory_ || (ends && !lane->ending)) {
    lane->ending |= ends;
    RequestAhead();
  }
}

arrow::Result<RangeFile::Lane*> RangeFile::FindLane(int64_t position) {
  if (!lanes_.empty()) {
    Lanes& lanes = lanes_.front();
    auto after = std::upper_bound(
        lanes.begin(), lanes.end(), position,
        [](int64_t at, const Lane& lane) { return at < lane.range.offset; });
    if (after != lanes.begin()) {
      Lane& lane = *--after;
      if (position < lane.range.offset + lane.range.length) return &lane;
    }
  }
  return arrow::Status::Invalid("byte ", position,
                                " belongs to no column chunk of the row group");
}

arrow::Result<BufferPtr> RangeFile::Wait(const Step& step) {
  const arrow::Result<BufferPtr>& bytes = step.bytes.result();
  if (!bytes.ok()) {
    if (store_error_.ok()) store_error_ = bytes.status();
    return bytes.status();
  }
  return bytes;
}

void RangeFile::DropBefore(int64_t position, Lane* lane) {
  lane->read_from[static_cast<size_t>(reader_)] = position;
  const int64_t needed_from =
      lane->read_twice ? std::ranges::min(lane->read_from) : position;
  while (lane->steps.size() > 1 && lane->steps[1].range.offset <= needed_from) {
    lane->steps.pop_front();
  }
}

arrow::Result<BufferPtr> RangeFile::Contiguous(int64_t position, int64_t nbytes,
                                               int64_t keep_from) {
  if (position >= end_offset()) {
    return arrow::SliceBuffer(fetched_.tail, position - end_offset(), nbytes);
  }
  ARROW_ASSIGN_OR_RAISE(Lane * lane, FindLane(position));
  if (keep_from == position) {
    DropBefore(position, lane);
    RequestFor(lane, position, nbytes);
  } else {
    Request(lane, position - lane->range.offset + nbytes, Need::kNow);
  }
  for (const Step& step : lane->steps) {
    const int64_t skip = position - step.range.offset;
    if (skip < 0) break;
    if (skip >= step.range.length) continue;
    ARROW_ASSIGN_OR_RAISE(BufferPtr bytes, Wait(step));
    return arrow::SliceBuffer(bytes, skip, std::min(nbytes, step.range.length - skip));
  }
  return arrow::Status::Invalid("byte ", position, " of a column chunk is read twice");
}

int64_t RangeFile::WithinFile(int64_t position, int64_t nbytes) const {
  return std::max<int64_t>(0, std::min(nbytes, fetched_.object.size_bytes - position));
}

arrow::Result<int64_t> RangeFile::ReadAt(int64_t position, int64_t nbytes, void* out) {
  nbytes = WithinFile(position, nbytes);
  auto* to = static_cast<uint8_t*>(out);
  for (int64_t done = 0; done < nbytes;) {
    const int64_t at = position + done;
    ARROW_ASSIGN_OR_RAISE(BufferPtr bytes, Contiguous(at, nbytes - done, at));
    std::memcpy(to + done, bytes->data(), static_cast<size_t>(bytes->size()));
    done += bytes->size();
  }
  return nbytes;
}

bool RangeFile::InSteps(int64_t position) {
  if (position >= end_offset()) return false;
  const arrow::Result<Lane*> lane = FindLane(position);
  return lane.ok() && (*lane)->step_bytes < (*lane)->range.length;
}

arrow::Result<BufferPtr> RangeFile::Gather(int64_t position, int64_t nbytes, Form form,
                                           bool keep) {
  nbytes = WithinFile(position, nbytes);
  if (nbytes == 0) return std::make_shared<arrow::Buffer>(std::string_view(""));
  ARROW_ASSIGN_OR_RAISE(BufferPtr bytes, Contiguous(position, nbytes, position));
  if (bytes->size() == nbytes && form == Form::kAsItCame) return bytes;
  ARROW_ASSIGN_OR_RAISE(std::unique_ptr<arrow::Buffer> whole,
                        arrow::AllocateBuffer(nbytes, pool_));
  for (int64_t done = 0;;) {
    std::memcpy(whole->mutable_data() + done, bytes->data(),
                static_cast<size_t>(bytes->size()));
    done += bytes->size();
    if (done == nbytes) return BufferPtr(std::move(whole));
    bytes.reset();  // before more is requested
    const int64_t at = position + done;
    ARROW_ASSIGN_OR_RAISE(bytes, Contiguous(at, nbytes - done, keep ? position : at));
  }
}

arrow::Result<BufferPtr> RangeFile::ReadAt(int64_t position, int64_t nbytes) {
  const Form form = InSteps(position) ? Form::kCopy : Form::kAsItCame;
  return Gather(position, nbytes, form, /*keep=*/false);
}

arrow::Result<BufferPtr> RangeFile::BorrowAt(int64_t position, int64_t nbytes) {
  return Gather(position, nbytes, Form::kAsItCame, /*keep=*/false);
}

arrow::Result<BufferPtr> RangeFile::PeekAt(int64_t position, int64_t nbytes) {
  return Gather(position, nbytes, Form::kAsItCame, /*keep=*/true);
}

arrow::Status RangeFile::Close() {
  closed_ = true;
  lanes_.clear();
  return arrow::Status::OK();
}

arrow::Status RangeFile::Seek(int64_t position) {
  if (position < 0) return arrow::Status::Invalid("cannot seek to ", position);
  position_ = position;
  return arrow::Status::OK();
}

arrow::Result<int64_t> RangeFile::Read(int64_t nbytes, void* out) {
  ARROW_ASSIGN_OR_RAISE(const int64_t read, ReadAt(position_, nbytes, out));
  position_ += read;
  return read;
}

arrow::Result<BufferPtr> RangeFile::Read(int64_t nbytes) {
  ARROW_ASSIGN_OR_RAISE(BufferPtr bytes, ReadAt(position_, nbytes));
  position_ += bytes->size();
  return bytes;
}

}  // namespace s3source
