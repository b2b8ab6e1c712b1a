#pragma once

#include <cstdint>

#include "read/memory_budget.h"
#include "read/object_reader.h"
#include "spec/spec.h"

namespace s3source {

/// How a sync divides its memory.
struct MemoryPlan {
  MemoryLimits limits;
  int decode_threads = 1;
  ReadOptions read;  ///< its sizes, and the caps of what one object may take
};

/// The limit where the user gave none: half of `available_bytes`, which the machine or
/// container has for us (0: not known), between kLeastMemoryLimit and 128 MiB: more has
/// not made syncs faster, and with the program itself it stays below 256 MB.
int64_t DefaultMemoryLimit(int64_t available_bytes);

/// Divides `limit_bytes`, 0 for the default, among at most `cores` threads. What a thread
/// takes along its way grows with its share, at least 16 MiB each. The caps of an object
/// are half of what `available_bytes` is above the limit, but a quarter of it at least,
/// and at most 2 GiB; the rest is for the program, footers, and what is freed late.
MemoryPlan PlanMemory(int64_t limit_bytes, int64_t available_bytes, int cores);

}  // namespace s3source
