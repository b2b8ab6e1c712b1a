# Target cqs3::xxhash. Header only: XXH_INLINE_ALL lets the compiler specialise the hash for fixed lengths.
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
add_library(cqs3::xxhash INTERFACE IMPORTED)
target_include_directories(cqs3::xxhash INTERFACE ${XXHASH_INCLUDE_DIR})
target_compile_definitions(cqs3::xxhash INTERFACE XXH_INLINE_ALL)
