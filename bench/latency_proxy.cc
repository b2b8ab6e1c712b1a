// Stands in front of a server, counts the requests, and passes every byte of the answers
// on some time after it came: a delay line, which does not limit the bandwidth.
//
//   latency_proxy --upstream PORT [--delay-ms N]
//
// Listens on 127.0.0.1. The first line of the output is {"port": N}. Each line of input
// is answered with the counts since the line before; at the end of the input it ends.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bench/delay_pipe.h"
#include "bench/request_counter.h"

namespace {

using Clock = bench::DelayPipe::Clock;

constexpr size_t kReadBytes = 256 << 10;
/// Reads in a row before the other connections have their turn.
constexpr int kReadsAtOnce = 16;

struct Connection {
  Connection(int client_fd, int server_fd, Clock::duration delay,
             bench::RequestCounts& counts)
      : client(client_fd),
        server(server_fd),
        up(client, server, Clock::duration::zero()),
        down(server, client, delay),
        counter(counts) {}
  Connection(const Connection&) = delete;
  ~Connection() {
    ::close(client);
    ::close(server);
  }

  const int client;
  const int server;
  bench::DelayPipe up;
  bench::DelayPipe down;
  bench::RequestCounter counter;
};

class Proxy {
 public:
  Proxy(uint16_t upstream, Clock::duration delay) : upstream_(upstream), delay_(delay) {}

  /// Serves until the input ends.
  int Run() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address = Local(0);
    socklen_t size = sizeof(address);
    if (::bind(listener_, AsAddress(address), size) != 0 || ::listen(listener_, 512) != 0)
      return Complain("listen");
    ::getsockname(listener_, AsAddress(address), &size);
    std::printf("{\"port\": %d}\n", ntohs(address.sin_port));
    std::fflush(stdout);
    Watch(listener_, kListener, EPOLLIN);
    Watch(STDIN_FILENO, kInput, EPOLLIN);
    std::array<epoll_event, 256> events{};
    while (!input_ended_) {
      const timespec wait = Patience();
      const int count =
          ::epoll_pwait2(epoll_, events.data(), events.size(), &wait, nullptr);
      for (int i = 0; i < count; ++i) Handle(events[static_cast<size_t>(i)].data.u64);
      for (const uint64_t id : std::exchange(unfinished_, {})) Pump(id);
      const auto now = Clock::now();
      while (!due_.empty() && due_.front().first <= now) {
        const uint64_t id = due_.front().second;
        due_.pop_front();
        Pump(id);
      }
    }
    return 0;
  }

 private:
  static constexpr uint64_t kListener = 0;
  static constexpr uint64_t kInput = 1;

  static sockaddr_in Local(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static sockaddr* AsAddress(sockaddr_in& address) {
    return reinterpret_cast<sockaddr*>(&address);
  }
  static int Complain(const char* what) {
    std::perror(what);
    return 1;
  }

  void Watch(int fd, uint64_t id, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  timespec Patience() const {
    if (!unfinished_.empty()) return {0, 0};
    if (due_.empty()) return {3600, 0};
    const auto left =
        std::max(due_.front().first - Clock::now(), Clock::duration::zero());
    const auto nanos = std::chrono::nanoseconds(left).count();
    return {nanos / 1'000'000'000, nanos % 1'000'000'000};
  }

  void Handle(uint64_t id) {
    if (id == kListener) {
      Accept();
    } else if (id == kInput) {
      Answer();
    } else {
      Pump(id);
    }
  }

  void Accept() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (client < 0) return;
    const int server = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = Local(upstream_);
    if (::connect(server, AsAddress(address), sizeof(address)) != 0) {
      Complain("connect to the server");
      ::close(client);
      ::close(server);
      return;
    }
    ::fcntl(server, F_SETFL, O_NONBLOCK);
    const int on = 1;
    for (const int fd : {client, server})
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const uint64_t id = next_id_++;
    connections_[id] = std::make_unique<Connection>(client, server, delay_, counts_);
    for (const int fd : {client, server}) Watch(fd, id, EPOLLIN | EPOLLOUT | EPOLLET);
    Pump(id);
  }

  /// Moves what can be moved. Events come once (EPOLLET), so it goes on until nothing can
  /// be, or is called again soon.
  void Pump(uint64_t id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    Connection& connection = *found->second;
    int reads = 0;
    for (bool moved = true; moved && reads < kReadsAtOnce; ++reads) {
      const std::string_view asked = connection.up.Fill(buffer_);
      connection.counter.Add(asked);
      moved = !asked.empty();
      moved |= connection.up.Drain();
      if (!connection.down.Fill(buffer_).empty()) {
        moved = true;
        if (delay_ > Clock::duration::zero())
          due_.emplace_back(Clock::now() + delay_, id);
      }
      moved |= connection.down.Drain();
    }
    const bool failed = connection.up.failed() || connection.down.failed();
    if (failed || (connection.up.done() && connection.down.done())) {
      connections_.erase(found);
    } else if (reads == kReadsAtOnce) {
      unfinished_.push_back(id);
    }
  }

  void Answer() {
    std::array<char, 64> line{};
    const ssize_t got = ::read(STDIN_FILENO, line.data(), line.size());
    input_ended_ = got <= 0;
    if (input_ended_) return;
    std::printf(
        "{\"list\": %lld, \"get\": %lld, \"ranged\": %lld, \"head\": %lld, "
        "\"other\": %lld, \"connections\": %llu}\n",
        static_cast<long long>(counts_.list), static_cast<long long>(counts_.get),
        static_cast<long long>(counts_.ranged), static_cast<long long>(counts_.head),
        static_cast<long long>(counts_.other),
        static_cast<unsigned long long>(next_id_ -
                                        std::exchange(reported_id_, next_id_)));
    std::fflush(stdout);
    counts_ = {};
  }

  const uint16_t upstream_;
  const Clock::duration delay_;
  const int epoll_ = ::epoll_create1(0);
  int listener_ = -1;
  bool input_ended_ = false;
  uint64_t next_id_ = kInput + 1;
  uint64_t reported_id_ = kInput + 1;
  bench::RequestCounts counts_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
  std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
  std::deque<std::pair<Clock::time_point, uint64_t>> due_;  ///< in order of time
  std::vector<uint64_t> unfinished_;
};

}  // namespace

int main(int argc, char** argv) {
  uint16_t upstream = 0;
  int delay_ms = 0;
  CLI::App app("Delays the answers of a server, counts the requests.");
  app.add_option("--upstream", upstream, "the server's port on 127.0.0.1")->required();
  app.add_option("--delay-ms", delay_ms, "added to every answer");
  CLI11_PARSE(app, argc, argv);
  return Proxy(upstream, std::chrono::milliseconds(delay_ms)).Run();
}
