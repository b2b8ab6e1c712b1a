#include "cli/allocator.h"

#include <cstdlib>

// jemalloc reads its settings from a variable of this name before main begins; the
// environment variable MALLOC_CONF comes after it. Its default of ten seconds keeps freed
// pages for as long as many syncs take; one second gives them back, at no cost that
// could be measured. Where jemalloc is not linked nobody reads it.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "dirty_decay_ms:1000";
}

namespace s3source {

void UseOneAllocator() { setenv("ARROW_DEFAULT_MEMORY_POOL", "system", /*replace=*/0); }

}  // namespace s3source
