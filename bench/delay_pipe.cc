#include "bench/delay_pipe.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace bench {
namespace {

/// What a pipe holds, give or take a read: beyond it, the sender waits.
constexpr size_t kMaxQueued = 64 << 20;

bool IsFailure(int error) { return error != EAGAIN && error != EINTR; }

}  // namespace

std::string_view DelayPipe::Fill(std::span<char> buffer) {
  if (end_ || queued_ >= kMaxQueued) return {};
  const ssize_t got = ::read(from_, buffer.data(), buffer.size());
  if (got == 0) end_ = true;
  if (got < 0 && IsFailure(errno)) failed_ = true;
  if (got <= 0) return {};
  const std::string_view bytes(buffer.data(), static_cast<size_t>(got));
  queue_.push_back({Clock::now() + delay_, std::string(bytes)});
  queued_ += bytes.size();
  return bytes;
}

bool DelayPipe::Drain() {
  bool moved = false;
  const auto now = Clock::now();
  while (!queue_.empty() && queue_.front().due <= now) {
    const std::string_view rest = std::string_view(queue_.front().bytes).substr(sent_);
    const ssize_t put = ::send(to_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (put < 0) {
      if (IsFailure(errno)) failed_ = true;
      return moved;
    }
    moved = true;
    sent_ += static_cast<size_t>(put);
    if (sent_ < queue_.front().bytes.size()) return moved;
    queued_ -= std::exchange(sent_, 0);
    queue_.pop_front();
  }
  if (end_ && queue_.empty() && !std::exchange(shut_, true)) ::shutdown(to_, SHUT_WR);
  return moved;
}

}  // namespace bench
