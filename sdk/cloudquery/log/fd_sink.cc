#include "cloudquery/log/fd_sink.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace cq {
namespace {

constexpr int kMaxWaitMs = 1000;

// Keeps a write to a closed pipe from ending the process, without touching the process's
// own handling of SIGPIPE, which belongs to the program.
class SigpipeBlocked {
 public:
  SigpipeBlocked() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~SigpipeBlocked() {
    const timespec no_wait{};
    while (raised_ && !was_pending_ && sigtimedwait(&sigpipe_, nullptr, &no_wait) < 0 &&
           errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeBlocked(const SigpipeBlocked&) = delete;
  SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;

  void set_raised() { raised_ = true; }

 private:
  sigset_t sigpipe_;
  sigset_t before_;
  bool was_pending_ = false;
  bool raised_ = false;
};

}  // namespace

void FdSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t formatted;
  formatter_->format(message, formatted);
  Write({formatted.data(), formatted.size()});
}

void FdSink::Write(std::string_view bytes) {
  SigpipeBlocked sigpipe;
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
      if (::poll(&writable, 1, kMaxWaitMs) > 0) continue;
      return;
    }
    if (errno == EPIPE) {
      sigpipe.set_raised();
      if (on_broken_pipe_) std::exchange(on_broken_pipe_, nullptr)();
    }
    return;
  }
}

}  // namespace cq
