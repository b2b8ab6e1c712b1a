// What a sync pays for rows on their way from the decoder to gRPC. Labels name the unit
// of the items.

#include <arrow/api.h>
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "cloudquery/schema/table.h"
#include "cloudquery/serve/framing.h"
#include "cloudquery/wire/ipc.h"
#include "read/row_ids.h"
#include "sync/record_slicer.h"

namespace {

constexpr int64_t kBatchRows = 16384;
constexpr int64_t kRowsPerRecord = 500;
constexpr uint32_t kSeed = 20261101;

const s3source::Object& SomeObject() {
  static const s3source::Object object{.key = "lake/events/day=05/part-000.parquet",
                                       .etag = "\"55f3fbced301de1450928493923f7701\""};
  return object;
}

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> Column(double nulls, std::mt19937& random, Value value) {
  Builder builder;
  for (int64_t i = 0; i < kBatchRows; ++i) {
    const bool is_null = std::uniform_real_distribution<>()(random) < nulls;
    const arrow::Status status =
        is_null ? builder.AppendNull() : builder.Append(value(random));
    if (!status.ok()) status.Abort();
  }
  return builder.Finish().ValueOrDie();
}

/// Twelve columns: `_cq_id`, `_cq_parent_id`, numbers, flags and texts.
std::shared_ptr<arrow::RecordBatch> Batch() {
  std::mt19937 random(kSeed);
  const auto whole = [](auto& r) { return static_cast<int64_t>(r()); };
  const auto real = [](auto& r) { return static_cast<double>(r()); };
  const auto flag = [](auto& r) { return r() % 2 == 0; };
  const auto word = [](auto& r) { return "status-" + std::to_string(r() % 50); };
  const auto text = [](auto& r) { return std::string(r() % 40, 'x'); };
  const auto ids =
      s3source::RowIds("lake", SomeObject()).Make(0, kBatchRows).ValueOrDie();
  std::vector<std::shared_ptr<arrow::Array>> columns = {
      ids, arrow::MakeArrayOfNull(ids->type(), kBatchRows).ValueOrDie()};
  for (const double nulls : {0.0, 0.2}) {
    columns.push_back(Column<arrow::Int64Builder>(nulls, random, whole));
    columns.push_back(Column<arrow::DoubleBuilder>(nulls, random, real));
    columns.push_back(Column<arrow::BooleanBuilder>(nulls, random, flag));
    columns.push_back(Column<arrow::StringBuilder>(nulls, random, word));
    columns.push_back(Column<arrow::StringBuilder>(nulls, random, text));
  }
  std::vector<std::shared_ptr<arrow::Field>> fields = {
      arrow::field(cq::kCqId, ids->type(), /*nullable=*/false),
      arrow::field(cq::kCqParentId, ids->type())};
  for (size_t i = fields.size(); i < columns.size(); ++i) {
    fields.push_back(arrow::field("c" + std::to_string(i), columns[i]->type()));
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), kBatchRows, columns);
}

void MakeIds(benchmark::State& state) {
  const s3source::RowIds ids("lake", SomeObject());
  for (auto _ : state) benchmark::DoNotOptimize(ids.Make(0, kBatchRows));
  state.SetItemsProcessed(state.iterations() * kBatchRows);
  state.SetLabel("row");
}
BENCHMARK(MakeIds)->Name("make _cq_id");

void SliceEncodeFrame(benchmark::State& state) {
  const auto batch = Batch();
  const auto encoder = cq::RecordEncoder::Make(batch->schema()).ValueOrDie();
  int64_t records = 0;
  int64_t bytes = 0;
  for (auto _ : state) {
    s3source::RecordSlicer slicer(kRowsPerRecord, [&](const arrow::RecordBatch& rows) {
      return encoder.Encode(rows, [&](cq::EncodedRecord record) {
        ++records;
        bytes += static_cast<int64_t>(cq::FrameInsert(std::move(record)).Length());
        return arrow::Status::OK();
      });
    });
    arrow::Status status = slicer.Add(batch);
    if (status.ok()) status = slicer.Finish();
    if (!status.ok()) state.SkipWithError(status.message().c_str());
  }
  state.SetItemsProcessed(records);
  state.SetBytesProcessed(bytes);
  state.SetLabel("record");
}
BENCHMARK(SliceEncodeFrame)
    ->Name("slice, encode and frame a record of 500 rows, 12 columns");

}  // namespace
