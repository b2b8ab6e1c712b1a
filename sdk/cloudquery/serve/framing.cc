#include "cloudquery/serve/framing.h"

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/support/slice.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace cq {
namespace {

using google::protobuf::io::CodedOutputStream;

// A reference costs an allocation, a segment of the write, and an end on another thread.
constexpr int64_t kGatherBelowBytes = 16 << 10;

// Field numbers of Sync.Response; in each of its messages the payload is field 1, an
// error's text 2.
constexpr uint32_t kMigrateTable = 1;
constexpr uint32_t kInsert = 2;
constexpr uint32_t kError = 4;
constexpr uint32_t kPayload = 1;
constexpr uint32_t kErrorText = 2;

void AppendVarint(uint64_t value, std::string& out) {
  uint8_t bytes[10];
  const uint8_t* end = CodedOutputStream::WriteVarint64ToArray(value, bytes);
  out.append(reinterpret_cast<const char*>(bytes), end - bytes);
}

/// The tag and the length of a length-delimited field.
void AppendHead(uint32_t field, uint64_t length, std::string& out) {
  constexpr uint32_t kLengthDelimited = 2;
  AppendVarint(field << 3 | kLengthDelimited, out);
  AppendVarint(length, out);
}

std::string Head(uint32_t message, uint64_t payload_bytes) {
  std::string payload_head;
  AppendHead(kPayload, payload_bytes, payload_head);
  std::string head;
  AppendHead(message, payload_head.size() + payload_bytes, head);
  return head + payload_head;
}

grpc::Slice Referring(std::shared_ptr<arrow::Buffer> buffer) {
  // gRPC never writes to a slice's bytes; its constructor has no const form.
  auto* data = const_cast<uint8_t*>(buffer->data());
  const auto size = static_cast<size_t>(buffer->size());
  auto* owner = new std::shared_ptr<arrow::Buffer>(std::move(buffer));
  return {data, size,
          [](void* held) { delete static_cast<std::shared_ptr<arrow::Buffer>*>(held); },
          owner};
}

/// One slice of the bytes of all pieces.
grpc::Slice Gathered(std::span<const std::string_view> pieces) {
  size_t size = 0;
  for (const auto& piece : pieces) size += piece.size();
  grpc::Slice slice(size);
  auto* out = const_cast<uint8_t*>(slice.begin());
  for (const auto& piece : pieces) {
    std::memcpy(out, piece.data(), piece.size());
    out += piece.size();
  }
  return slice;
}

grpc::ByteBuffer Join(const std::string& head,
                      std::vector<std::shared_ptr<arrow::Buffer>> pieces) {
  std::vector<grpc::Slice> slices;
  std::vector<std::string_view> small{head};
  small.reserve(pieces.size() + 1);
  const auto flush = [&] {
    if (!small.empty()) slices.push_back(Gathered(small));
    small.clear();
  };
  for (auto& piece : pieces) {
    if (piece->size() < kGatherBelowBytes) {
      small.emplace_back(*piece);
    } else {
      flush();
      slices.push_back(Referring(std::move(piece)));
    }
  }
  flush();
  return {slices.data(), slices.size()};
}

}  // namespace

grpc::ByteBuffer FrameMigrateTable(std::shared_ptr<arrow::Buffer> schema_stream) {
  const auto size = static_cast<uint64_t>(schema_stream->size());
  return Join(Head(kMigrateTable, size), {std::move(schema_stream)});
}

grpc::ByteBuffer FrameInsert(EncodedRecord record) {
  return Join(Head(kInsert, static_cast<uint64_t>(record.size_bytes)),
              std::move(record.pieces));
}

grpc::ByteBuffer FrameError(const std::string& table, const std::string& text) {
  std::string payload;
  AppendHead(kPayload, table.size(), payload);
  payload += table;
  AppendHead(kErrorText, text.size(), payload);
  payload += text;
  std::string message;
  AppendHead(kError, payload.size(), message);
  return Join(message + payload, {});
}

}  // namespace cq
