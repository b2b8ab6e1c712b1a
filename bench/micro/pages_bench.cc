// What a page compressed by Snappy costs, with our decoder and with the Parquet
// library's.

#include <arrow/util/compression.h>
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string_view>
#include <vector>

#include "read/snappy_block.h"

namespace {

using Bytes = std::vector<uint8_t>;

constexpr size_t kPageBytes = 1 << 20;
constexpr uint32_t kSeed = 20261101;

std::unique_ptr<arrow::util::Codec> Library() {
  return arrow::util::Codec::Create(arrow::Compression::SNAPPY).ValueOrDie();
}

/// Identifiers, such as of requests and devices.
Bytes HexText() {
  std::mt19937 random(kSeed);
  Bytes text(kPageBytes);
  for (uint8_t& letter : text)
    letter = std::string_view("0123456789abcdef")[random() % 16];
  return text;
}

Bytes Compressed(const Bytes& page) {
  const auto size = static_cast<int64_t>(page.size());
  Bytes block(Library()->MaxCompressedLen(size, page.data()));
  block.resize(
      Library()
          ->Compress(size, page.data(), static_cast<int64_t>(block.size()), block.data())
          .ValueOrDie());
  return block;
}

template <typename Decode>
void DecompressPage(benchmark::State& state, Decode decode) {
  const Bytes page = HexText();
  const Bytes block = Compressed(page);
  Bytes out(page.size());
  for (auto _ : state) {
    decode(block, &out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  if (out != page) state.SkipWithError("the page came out as another one");
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kPageBytes >> 10));
  state.SetLabel("KiB");
}

void DecodeOurs(const Bytes& block, Bytes* out) {
  if (!s3source::DecodeSnappy(block, *out).ok()) out->clear();
}

void DecodeByLibrary(const Bytes& block, Bytes* out) {
  static const auto codec = Library();
  const auto decoded = codec->Decompress(static_cast<int64_t>(block.size()), block.data(),
                                         static_cast<int64_t>(out->size()), out->data());
  if (!decoded.ok()) out->clear();
}

BENCHMARK_CAPTURE(DecompressPage, ours, DecodeOurs)
    ->Name("decompress a Snappy page of 1 MiB of hexadecimal text");
BENCHMARK_CAPTURE(DecompressPage, library, DecodeByLibrary)
    ->Name("the same by the Parquet library");

}  // namespace
