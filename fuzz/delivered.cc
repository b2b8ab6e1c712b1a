// A value of the state is read completely or refused, and has one spelling.
#include <arrow/util/base64.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "cursor/table_cursor.h"
#include "expect.h"

using s3source::CursorState;
using s3source::DecodeDelivered;
using s3source::EncodeDelivered;
using s3source::TableCursor;

namespace {

/// The checksum stops nearly everything that a fuzzer makes: it gets a right one.
std::string WithChecksum(std::string body) {
  const uint64_t checksum = s3source::Hash64(body);
  for (int i = 0; i < 8; ++i) body.push_back(static_cast<char>(checksum >> (8 * i)));
  return "v1 " + arrow::util::base64_encode(body);
}

void Check(const std::string& text) {
  const auto value = DecodeDelivered(text);
  if (!value.ok()) {
    EXPECT_THAT_ALWAYS(!value.status().message().empty());
    return;
  }
  EXPECT_THAT_ALWAYS(EncodeDelivered(*value) == text);
  CursorState state;
  state.delivered = {{"key", text}};
  const auto cursor = TableCursor::Decode(state, {});
  EXPECT_THAT_ALWAYS(cursor.ok());
  s3source::Object object;
  object.key = "key";
  const auto update = cursor->Encode({object}, s3source::Timestamp());
  if (update.ok() && update->has_value()) {
    EXPECT_THAT_ALWAYS(DecodeDelivered((*update)->delivered).ok());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  Check(input);
  Check(WithChecksum(input));
  return 0;
}
