#include "cli/progress.h"

#include <stop_token>
#include <utility>

#include "cli/human.h"

namespace s3source {

std::string DescribeProgress(const ParquetDirSink::Counts& written, int64_t objects,
                             int64_t bytes_read, std::chrono::seconds elapsed) {
  return HumanCount(written.tables, "table") + ", " + HumanCount(objects, "object") +
         ", " + HumanCount(written.rows, "row") + ", " + HumanBytes(bytes_read) +
         " read, " + HumanBytes(written.bytes) + " written, " +
         HumanNumber(elapsed.count()) + " s";
}

Ticker::Ticker(std::chrono::milliseconds interval, std::function<void()> report)
    : thread_([this, interval, report = std::move(report)](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (true) {
          never_.wait_for(lock, stop, interval, [] { return false; });
          if (stop.stop_requested()) return;
          report();
        }
      }) {}

}  // namespace s3source
