#pragma once

#include <pthread.h>

namespace cq {

/// Names the calling thread for debuggers, profilers and `top -H`: at most 15 bytes, a
/// longer name is not set. Threads started later by this one inherit the name.
inline void NameThisThread(const char* name) {
#ifdef __APPLE__
  pthread_setname_np(name);
#else
  pthread_setname_np(pthread_self(), name);
#endif
}

}  // namespace cq
