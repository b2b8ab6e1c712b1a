#include "bench/rss_sampler.h"

#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <stop_token>

namespace bench {
namespace {

/// 0 when the process is gone.
int64_t ResidentBytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  int64_t total = 0;
  int64_t resident = 0;
  file >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace

RssSampler::RssSampler(pid_t pid, std::chrono::milliseconds period) {
  if (period.count() == 0) return;
  thread_ = std::jthread([this, pid, period](std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    const auto start = std::chrono::steady_clock::now();
    for (int64_t i = 1; !stop.stop_requested(); ++i) {
      const std::chrono::duration<double> passed =
          std::chrono::steady_clock::now() - start;
      const int64_t bytes = ResidentBytes(pid);
      if (bytes > 0) samples_.push_back({passed.count(), bytes});
      std::unique_lock lock(mutex);
      stopped.wait_until(lock, stop, start + i * period, [] { return false; });
    }
  });
}

std::string RssSampler::StopAndPrint() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  std::string text = "[";
  for (const Sample& sample : samples_) {
    std::array<char, 64> pair{};
    std::snprintf(pair.data(), pair.size(), "%s[%.3f, %lld]", text.size() > 1 ? ", " : "",
                  sample.seconds, static_cast<long long>(sample.bytes));
    text += pair.data();
  }
  return text + "]";
}

}  // namespace bench
