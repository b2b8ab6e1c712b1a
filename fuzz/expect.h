#pragma once

#include <cstdio>
#include <cstdlib>

/// Ends the program, which the fuzzer notes as a crash.
#define EXPECT_THAT_ALWAYS(condition)                                                  \
  do {                                                                                 \
    if (!(condition)) {                                                                \
      std::fprintf(stderr, "%s:%d: not always: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                    \
    }                                                                                  \
  } while (false)
