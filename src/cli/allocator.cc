#include "cli/allocator.h"

#include <cstdlib>

// jemalloc reads its settings from a variable of this name before main begins; the
// environment variable MALLOC_CONF comes after it. Where jemalloc is not linked nobody
// reads it.
//
// The large buffers (what is received, decompressed, decoded) are filled on one thread
// and freed on another. With several arenas each would keep pages of its own, and buffers
// of 8 MiB and more would be given back at once: most page faults of a sync came from
// there. One arena that keeps free pages for three seconds costs 4-5 % less CPU and no
// more memory. Small allocations are served by the caches of the threads, so that they
// seldom meet there.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:1,oversize_threshold:0,dirty_decay_ms:3000";
}

namespace s3source {

void UseOneAllocator() { setenv("ARROW_DEFAULT_MEMORY_POOL", "system", /*replace=*/0); }

}  // namespace s3source
