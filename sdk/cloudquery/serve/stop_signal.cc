#include "cloudquery/serve/stop_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <utility>

namespace cq {
namespace {

/// The number of the signal that waits in `descriptor`, 0 if there is none.
int ReadSignal(int descriptor) {
  signalfd_siginfo info{};
  const ssize_t got = read(descriptor, &info, sizeof(info));
  return got == sizeof(info) ? static_cast<int>(info.ssi_signo) : 0;
}

int Poll(pollfd* descriptors, nfds_t count, int timeout_ms) {
  int ready = 0;
  do {
    ready = poll(descriptors, count, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  return ready;
}

}  // namespace

arrow::Result<StopSignal> StopSignal::Block() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const int descriptor = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  if (descriptor < 0) {
    return arrow::Status::IOError("cannot wait for signals: ", std::strerror(errno));
  }
  return StopSignal(descriptor);
}

StopSignal::StopSignal(StopSignal&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

StopSignal::~StopSignal() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string StopSignal::Wait() {
  // A pipe without readers reports POLLERR, a closed socket or terminal POLLHUP, without
  // being asked.
  pollfd waited[] = {{descriptor_, POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
  while (true) {
    Poll(waited, 2, -1);
    if (const int signal = ReadSignal(descriptor_)) {
      return signal == SIGINT ? "interrupt" : "terminated";
    }
    if (waited[1].revents & (POLLERR | POLLHUP)) return "broken pipe";
    if (waited[1].revents & POLLNVAL) waited[1].fd = -1;  // started without a stdout
  }
}

StopSignal::Deadline::Deadline(const StopSignal& signals, std::chrono::milliseconds grace)
    : met_(eventfd(0, EFD_CLOEXEC)),
      thread_([done = met_, signals = signals.descriptor_, grace] {
        pollfd waited[] = {{done, POLLIN, 0}, {signals, POLLIN, 0}};
        Poll(waited, 2, static_cast<int>(grace.count()));
        if (waited[0].revents & POLLIN) return;
        _exit(0);
      }) {}

StopSignal::Deadline::~Deadline() {
  const uint64_t one = 1;
  if (write(met_, &one, sizeof(one)) != sizeof(one)) _exit(0);
  thread_.join();
  close(met_);
}

}  // namespace cq
