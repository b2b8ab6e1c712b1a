// A page of a listing is read completely or refused.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "expect.h"
#include "store/list_xml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto page = s3source::ParseListPage({reinterpret_cast<const char*>(data), size});
  if (!page.ok()) {
    EXPECT_THAT_ALWAYS(page.status().IsInvalid());
    return 0;
  }
  for (const s3source::Object& object : page->objects) {
    EXPECT_THAT_ALWAYS(!object.key.empty());
    EXPECT_THAT_ALWAYS(object.size_bytes >= 0);
  }
  return 0;
}
