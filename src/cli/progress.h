#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "cli/counting_store.h"
#include "cli/parquet_dir_sink.h"

namespace s3source {

/// How far a sync is, in one line: `3 tables, 120 objects, 1,200,000 rows, 35 MiB read,
/// 12 MiB written, 8 s`.
std::string DescribeProgress(const ParquetDirSink::Counts& written, int64_t objects,
                             int64_t bytes_read, std::chrono::seconds elapsed);

/// Calls `report` on a thread of its own each `interval` until its destruction. The last
/// call has returned when the destructor returns.
class Ticker {
 public:
  Ticker(std::chrono::milliseconds interval, std::function<void()> report);

 private:
  std::mutex mutex_;
  std::condition_variable_any never_;
  std::jthread thread_;
};

}  // namespace s3source
