// A spec is taken or refused with a text that names no value of it.
#include "spec/spec.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto spec = s3source::ParseSpec({reinterpret_cast<const char*>(data), size});
  if (!spec.ok()) {
    EXPECT_THAT_ALWAYS(spec.status().IsInvalid());
    EXPECT_THAT_ALWAYS(spec.status().message().size() < 2000);
    return 0;
  }
  EXPECT_THAT_ALWAYS(!spec->bucket.empty() && !spec->region.empty());
  EXPECT_THAT_ALWAYS(spec->rows_per_record > 0 && spec->concurrency != 0);
  return 0;
}
