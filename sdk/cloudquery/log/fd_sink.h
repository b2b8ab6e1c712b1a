#pragma once

#include <spdlog/sinks/base_sink.h>

#include <functional>
#include <mutex>
#include <string_view>
#include <utility>

namespace cq {

/// Writes each line to a file descriptor with write(2), so that a line of up to PIPE_BUF
/// bytes is never torn by another process's, and drops what cannot be written.
class FdSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  FdSink(int fd, std::function<void()> on_broken_pipe)
      : fd_(fd), on_broken_pipe_(std::move(on_broken_pipe)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  void Write(std::string_view bytes);

  int fd_;
  std::function<void()> on_broken_pipe_;
};

}  // namespace cq
