// The yardstick: reads Parquet files with Arrow C++ alone, drops every batch, and prints
// one line of JSON.
//
//   decode_only [--threads N] [--batch-rows N] FILE-OR-FOLDER...
//
// Row groups are shared out among the threads, so that one large file keeps all of them
// busy too.

#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Options {
  int threads = 2;
  int64_t batch_rows = 65536;
  std::vector<std::string> files;
};

struct Piece {
  size_t file = 0;
  int row_group = 0;
};

/// Calls `work(i)` for every i below `count` on `threads` threads; the first error wins.
arrow::Status ForEach(int threads, size_t count,
                      const std::function<arrow::Status(size_t)>& work) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  arrow::Status result;
  {
    std::vector<std::jthread> pool;
    pool.reserve(static_cast<size_t>(threads));
    for (int t = 0; t < threads; ++t) {
      pool.emplace_back([&] {
        for (size_t i = next++; i < count; i = next++) {
          const arrow::Status status = work(i);
          if (status.ok()) continue;
          const std::scoped_lock lock(mutex);
          if (result.ok()) result = status;
          next = count;
        }
      });
    }
  }
  return result;
}

arrow::Result<std::shared_ptr<parquet::FileMetaData>> ReadFooter(
    const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
  return parquet::ParquetFileReader::Open(std::move(file))->metadata();
}

/// Decodes one row group and returns its rows.
arrow::Result<int64_t> Decode(const std::string& path,
                              std::shared_ptr<parquet::FileMetaData> metadata,
                              int row_group, int64_t batch_rows) {
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(std::move(file), parquet::default_reader_properties(),
                                   std::move(metadata)));
  parquet::ArrowReaderProperties properties;
  properties.set_use_threads(false);
  properties.set_pre_buffer(false);
  properties.set_batch_size(batch_rows);
  ARROW_ASSIGN_OR_RAISE(auto reader, builder.properties(properties)->Build());
  ARROW_ASSIGN_OR_RAISE(auto batches, reader->GetRecordBatchReader({row_group}));
  int64_t rows = 0;
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    ARROW_RETURN_NOT_OK(batches->ReadNext(&batch));
    if (!batch) return rows;
    rows += batch->num_rows();
  }
}

arrow::Result<int64_t> DecodeAll(const Options& options) {
  std::vector<std::shared_ptr<parquet::FileMetaData>> footers(options.files.size());
  ARROW_RETURN_NOT_OK(ForEach(options.threads, footers.size(), [&](size_t i) {
    return ReadFooter(options.files[i]).Value(&footers[i]);
  }));
  std::vector<Piece> pieces;
  for (size_t i = 0; i < footers.size(); ++i) {
    for (int group = 0; group < footers[i]->num_row_groups(); ++group) {
      pieces.push_back({i, group});
    }
  }
  std::atomic<int64_t> rows = 0;
  ARROW_RETURN_NOT_OK(ForEach(options.threads, pieces.size(), [&](size_t i) {
    const Piece& piece = pieces[i];
    ARROW_ASSIGN_OR_RAISE(const int64_t decoded,
                          Decode(options.files[piece.file], footers[piece.file],
                                 piece.row_group, options.batch_rows));
    rows += decoded;
    return arrow::Status::OK();
  }));
  return rows.load();
}

void AddFiles(const std::string& path, std::vector<std::string>& files) {
  if (!std::filesystem::is_directory(path)) {
    files.push_back(path);
    return;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.path().extension() == ".parquet") files.push_back(entry.path());
  }
}

Options ParseArguments(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
      options.threads = std::max(1, std::atoi(argv[++i]));
    } else if (std::strcmp(argv[i], "--batch-rows") == 0 && i + 1 < argc) {
      options.batch_rows = std::max(1, std::atoi(argv[++i]));
    } else {
      AddFiles(argv[i], options.files);
    }
  }
  std::sort(options.files.begin(), options.files.end());
  return options;
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) try {
  const auto start = std::chrono::steady_clock::now();
  const Options options = ParseArguments(argc, argv);
  if (options.files.empty()) {
    std::fprintf(stderr, "usage: %s [--threads N] [--batch-rows N] FILE-OR-FOLDER...\n",
                 argv[0]);
    return 2;
  }
  const arrow::Result<int64_t> rows = DecodeAll(options);
  if (!rows.ok()) {
    std::fprintf(stderr, "decode_only: %s\n", rows.status().ToString().c_str());
    return 1;
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::printf(
      "{\"files\": %zu, \"rows\": %lld, \"wall_seconds\": %.4f, \"cpu_seconds\": %.4f, "
      "\"peak_rss_bytes\": %lld}\n",
      options.files.size(), static_cast<long long>(*rows), wall.count(),
      Seconds(used.ru_utime) + Seconds(used.ru_stime),
      static_cast<long long>(used.ru_maxrss) * 1024);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "decode_only: %s\n", error.what());
  return 1;
}
