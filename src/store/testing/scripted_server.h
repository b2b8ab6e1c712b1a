#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace s3source::testing {

/// An HTTP server on this machine that answers as a test tells it, also in ways no server
/// should.
class ScriptedServer {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  ///< names in lower case
  };
  struct Answer {
    int status = 200;
    std::map<std::string, std::string> headers;
    std::string body;
    /// Content-Length where it is not the body's size; -2 for no such header.
    int64_t declared_length = -1;
    /// After the body: close the connection (of itself it stays open), or reset it.
    bool close = false;
    bool reset = false;
    /// Between one byte of the body and the next; zero sends them at once.
    std::chrono::milliseconds pause{0};
    /// Send nothing at all and keep the connection open until the server ends.
    bool stall = false;
  };
  /// Called from several threads, with the number of the request, from 0.
  using Script = std::function<Answer(const Request& request, size_t number)>;

  /// `host` is an address of this machine, 127.x.x.x.
  explicit ScriptedServer(Script script, const std::string& host = "127.0.0.1");
  ~ScriptedServer();

  const std::string& url() const { return url_; }
  std::vector<Request> requests() const;

 private:
  void Accept();
  void Serve(int fd);
  /// False when the connection has ended.
  bool SendBody(int fd, const Answer& answer);

  const Script script_;
  int listener_ = -1;
  std::string url_;
  mutable std::mutex mutex_;
  std::condition_variable ends_;
  bool ending_ = false;
  std::vector<int> connections_;
  std::vector<Request> requests_;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace s3source::testing
