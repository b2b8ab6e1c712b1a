#include "cloudquery/wire/framing.h"

#include <arrow/buffer.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/endian.h>

#include <array>
#include <cstring>

#include "cloudquery/log/printable.h"

namespace cq {
namespace {

constexpr int64_t kMaxPadding = 7;
constexpr int64_t kEndBytes = 8;
// Seven zero bytes, then the continuation mark and a length of zero.
constexpr uint8_t kTail[kMaxPadding + kEndBytes] = {0,    0,    0,    0, 0, 0, 0, 0xFF,
                                                    0xFF, 0xFF, 0xFF, 0, 0, 0, 0};

using Buffers = std::array<std::shared_ptr<arrow::Buffer>, kMaxPadding + 1>;

bool HasDictionary(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY) return true;
  if (type.id() == arrow::Type::EXTENSION) {
    return HasDictionary(*static_cast<const arrow::ExtensionType&>(type).storage_type());
  }
  for (const auto& child : type.fields()) {
    if (HasDictionary(*child->type())) return true;
  }
  return false;
}

}  // namespace

const std::shared_ptr<arrow::Buffer>& ZeroBytes(int64_t count) {
  static const Buffers buffers = [] {
    Buffers made;
    for (int64_t i = 0; i <= kMaxPadding; ++i) {
      made[i] = std::make_shared<arrow::Buffer>(kTail, i);
    }
    return made;
  }();
  return buffers[count];
}

const std::shared_ptr<arrow::Buffer>& EndOfStream(int64_t padding) {
  static const Buffers buffers = [] {
    Buffers made;
    for (int64_t i = 0; i <= kMaxPadding; ++i) {
      made[i] = std::make_shared<arrow::Buffer>(kTail + kMaxPadding - i, i + kEndBytes);
    }
    return made;
  }();
  return buffers[padding];
}

arrow::Result<std::shared_ptr<arrow::Buffer>> MessageHead(const arrow::Buffer& metadata) {
  constexpr int64_t kPrefix = 2 * sizeof(int32_t);
  const int64_t padding = PaddingOf(metadata.size());
  ARROW_ASSIGN_OR_RAISE(auto head,
                        arrow::AllocateBuffer(kPrefix + metadata.size() + padding));
  const int32_t mark = -1;
  const auto length =
      arrow::bit_util::ToLittleEndian(static_cast<int32_t>(metadata.size() + padding));
  uint8_t* out = head->mutable_data();
  std::memcpy(out, &mark, sizeof(mark));
  std::memcpy(out + sizeof(mark), &length, sizeof(length));
  std::memcpy(out + kPrefix, metadata.data(), metadata.size());
  std::memset(out + kPrefix + metadata.size(), 0, padding);
  return std::shared_ptr<arrow::Buffer>(std::move(head));
}

arrow::Status RefuseDictionaries(const arrow::Schema& schema) {
  for (const auto& field : schema.fields()) {
    if (HasDictionary(*field->type())) {
      return arrow::Status::Invalid("column ", Printable(field->name()),
                                    " is dictionary-encoded (", field->type()->ToString(),
                                    "): decode it before it is sent");
    }
  }
  return arrow::Status::OK();
}

}  // namespace cq
