#include "cli/zip_file.h"

#include <arrow/util/compression.h>
#include <aws/cal/cal.h>
#include <aws/cal/hash.h>
#include <aws/checksums/crc.h>
#include <aws/common/byte_buf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace s3source {
namespace {

constexpr uint16_t kVersionNeeded = 20;  // for deflate
constexpr uint16_t kMadeByUnix = (3 << 8) | 30;
constexpr uint16_t kUtf8Names = 1 << 11;
constexpr uint16_t kDeflated = 8;
constexpr uint16_t kTime = 0;
constexpr uint16_t kDate = (0 << 9) | (1 << 5) | 1;  // 1 January 1980, the first there is
constexpr uint32_t kExecutable = 0100755U << 16;

void Append16(std::string& out, uint16_t value) {
  out += static_cast<char>(value & 0xff);
  out += static_cast<char>(value >> 8);
}

void Append32(std::string& out, uint32_t value) {
  Append16(out, static_cast<uint16_t>(value & 0xffff));
  Append16(out, static_cast<uint16_t>(value >> 16));
}

uint32_t Crc32(std::string_view content) {
  uint32_t crc = 0;
  while (!content.empty()) {
    const auto part = content.substr(0, 1 << 30);
    crc = aws_checksums_crc32(reinterpret_cast<const uint8_t*>(part.data()),
                              static_cast<int>(part.size()), crc);
    content.remove_prefix(part.size());
  }
  return crc;
}

arrow::Result<std::string> Deflate(std::string_view content) {
  arrow::util::GZipCodecOptions options;
  options.gzip_format = arrow::util::GZipFormat::DEFLATE;
  options.compression_level = 6;
  ARROW_ASSIGN_OR_RAISE(const auto codec,
                        arrow::util::Codec::Create(arrow::Compression::GZIP, options));
  const auto* input = reinterpret_cast<const uint8_t*>(content.data());
  const auto size = static_cast<int64_t>(content.size());
  std::string out(static_cast<size_t>(codec->MaxCompressedLen(size, input)), '\0');
  ARROW_ASSIGN_OR_RAISE(const int64_t used,
                        codec->Compress(size, input, static_cast<int64_t>(out.size()),
                                        reinterpret_cast<uint8_t*>(out.data())));
  out.resize(static_cast<size_t>(used));
  return out;
}

}  // namespace

arrow::Result<std::string> ZipOfOneFile(std::string_view name, std::string_view content) {
  constexpr size_t kMax = std::numeric_limits<uint32_t>::max() - (1 << 20);
  if (content.size() > kMax || name.size() > 255) {
    return arrow::Status::Invalid("a file of ", content.size(),
                                  " bytes does not go into a ZIP");
  }
  ARROW_ASSIGN_OR_RAISE(const std::string packed, Deflate(content));
  if (packed.size() > kMax) {
    return arrow::Status::Invalid("a file of ", packed.size(),
                                  " bytes does not go into a ZIP");
  }
  std::string common;  // to the local header and the directory
  Append16(common, kVersionNeeded);
  Append16(common, kUtf8Names);
  Append16(common, kDeflated);
  Append16(common, kTime);
  Append16(common, kDate);
  Append32(common, Crc32(content));
  Append32(common, static_cast<uint32_t>(packed.size()));
  Append32(common, static_cast<uint32_t>(content.size()));
  Append16(common, static_cast<uint16_t>(name.size()));
  Append16(common, 0);  // extra fields

  std::string out = "PK\x03\x04" + common;
  out += name;
  out += packed;
  const size_t directory = out.size();
  out += "PK\x01\x02";
  Append16(out, kMadeByUnix);
  out += common;
  Append16(out, 0);  // comment
  Append16(out, 0);  // disk
  Append16(out, 0);  // internal attributes
  Append32(out, kExecutable);
  Append32(out, 0);  // where the local header is
  out += name;
  const size_t directory_size = out.size() - directory;
  out += "PK\x05\x06";
  Append32(out, 0);  // disks
  Append16(out, 1);  // entries here, and in all
  Append16(out, 1);
  Append32(out, static_cast<uint32_t>(directory_size));
  Append32(out, static_cast<uint32_t>(directory));
  Append16(out, 0);  // comment
  return out;
}

arrow::Result<std::string> Sha256(std::string_view content) {
  aws_allocator* allocator = aws_default_allocator();
  aws_cal_library_init(allocator);
  const aws_byte_cursor input =
      aws_byte_cursor_from_array(content.data(), content.size());
  std::array<uint8_t, AWS_SHA256_LEN> digest{};
  aws_byte_buf output = aws_byte_buf_from_empty_array(digest.data(), digest.size());
  if (aws_sha256_compute(allocator, &input, &output, 0) != AWS_OP_SUCCESS) {
    return arrow::Status::IOError("cannot compute a SHA-256: ",
                                  aws_error_str(aws_last_error()));
  }
  std::string text;
  for (const uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace s3source
