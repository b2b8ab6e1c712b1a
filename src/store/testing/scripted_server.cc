#include "store/testing/scripted_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <sstream>
#include <utility>

namespace s3source::testing {
namespace {

bool SendAll(int fd, const std::string& text) {
  size_t sent = 0;
  while (sent < text.size()) {
    const auto n = send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<size_t>(n);
  }
  return true;
}

/// The next request's head, or nothing when the connection has ended. Requests here have
/// no body.
std::optional<ScriptedServer::Request> ReadRequest(int fd, std::string& buffer) {
  size_t end = 0;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    char bytes[4096];
    const auto n = recv(fd, bytes, sizeof(bytes), 0);
    if (n <= 0) return std::nullopt;
    buffer.append(bytes, static_cast<size_t>(n));
  }
  std::istringstream head(buffer.substr(0, end));
  buffer.erase(0, end + 4);
  ScriptedServer::Request request;
  std::string line;
  std::getline(head, line);
  std::istringstream(line) >> request.method >> request.target;
  while (std::getline(head, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const auto colon = line.find(": ");
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    request.headers[name] = line.substr(colon + 2);
  }
  return request;
}

}  // namespace

ScriptedServer::ScriptedServer(Script script, const std::string& host)
    : script_(std::move(script)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  socklen_t size = sizeof(address);
  bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
  listen(listener_, 128);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  url_ = fmt::format("http://{}:{}", host, ntohs(address.sin_port));
  acceptor_ = std::jthread([this] { Accept(); });
}

ScriptedServer::~ScriptedServer() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    ends_.notify_all();
    for (const int fd : connections_) shutdown(fd, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  threads_.clear();
  close(listener_);
}

std::vector<ScriptedServer::Request> ScriptedServer::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedServer::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    std::lock_guard lock(mutex_);
    if (ending_) {
      close(fd);
      return;
    }
    connections_.push_back(fd);
    threads_.emplace_back([this, fd] { Serve(fd); });
  }
}

void ScriptedServer::Serve(int fd) {
  std::string buffer;
  while (auto request = ReadRequest(fd, buffer)) {
    size_t number = 0;
    {
      std::lock_guard lock(mutex_);
      number = requests_.size();
      requests_.push_back(*request);
    }
    const Answer answer = script_(*request, number);
    if (answer.stall) continue;
    const auto length = answer.declared_length != -1
                            ? answer.declared_length
                            : static_cast<int64_t>(answer.body.size());
    std::string text = fmt::format("HTTP/1.1 {} Scripted\r\n", answer.status);
    if (length >= 0) text += fmt::format("Content-Length: {}\r\n", length);
    for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
    if (!SendAll(fd, text + "\r\n") || !SendBody(fd, answer) || answer.close) break;
    if (answer.reset) {
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
      break;
    }
  }
  std::lock_guard lock(mutex_);
  std::erase(connections_, fd);
  close(fd);
}

bool ScriptedServer::SendBody(int fd, const Answer& answer) {
  if (answer.pause.count() == 0) return SendAll(fd, answer.body);
  for (const char byte : answer.body) {
    {
      std::unique_lock lock(mutex_);
      if (ends_.wait_for(lock, answer.pause, [this] { return ending_; })) return false;
    }
    if (!SendAll(fd, std::string(1, byte))) return false;
  }
  return true;
}

}  // namespace s3source::testing
