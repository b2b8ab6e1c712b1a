#pragma once

#include <arrow/result.h>
#include <arrow/status.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace bench {

/// What a process used from its start to its end.
struct Usage {
  double cpu_seconds = 0;  ///< user and system time
  int64_t peak_rss_bytes = 0;
};

/// A plugin that serves on a unix socket, started as the CloudQuery CLI starts it: in its
/// own process group, with no stdin. Its log (stdout) goes to our stderr.
class PluginProcess {
 public:
  /// The socket accepts connections some time after this.
  static arrow::Result<PluginProcess> Start(const std::string& program,
                                            const std::string& log_level);
  PluginProcess(PluginProcess&& other) noexcept;
  PluginProcess& operator=(PluginProcess&&) = delete;
  /// Kills the process if it was not stopped.
  ~PluginProcess();

  const std::string& socket_path() const { return socket_path_; }
  pid_t pid() const { return pid_; }

  /// Until the socket accepts a connection, looked at every 0.2 ms. An error when the
  /// process ends before, or `patience` does.
  arrow::Status AwaitSocket(std::chrono::milliseconds patience);

  /// Sends SIGINT and waits; SIGKILL after `patience`. An error when the process had to
  /// be killed or did not exit with 0.
  arrow::Result<Usage> Stop(std::chrono::milliseconds patience);

 private:
  PluginProcess(pid_t pid, std::string socket_path);

  pid_t pid_ = 0;  ///< 0 when there is nothing to wait for
  std::string socket_path_;
};

}  // namespace bench
