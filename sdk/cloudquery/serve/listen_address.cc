#include "cloudquery/serve/listen_address.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "cloudquery/log/printable.h"

namespace cq {
namespace {

sockaddr_un SocketAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

bool SomebodyListens(const std::string& path) {
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client < 0) return false;
  const sockaddr_un address = SocketAddress(path);
  const int connected =
      connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  close(client);
  return connected == 0;
}

arrow::Result<ListenAddress> ParseSocketPath(const std::string& path) {
  constexpr size_t kMaxBytes = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty() || path.size() > kMaxBytes) {
    return arrow::Status::Invalid("--address '", Printable(path),
                                  "' must be a socket's path of 1 to ", kMaxBytes,
                                  " bytes with --network unix");
  }
  return ListenAddress{.bind = "unix:" + path, .target_host = "", .socket_path = path};
}

bool IsPort(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return false;
  return std::stoi(std::string(text)) <= 65535;
}

bool IsWildcard(std::string_view host) {
  return host.empty() || host == "0.0.0.0" || host == "[::]";
}

/// The host to bind on this network, for a host as the user wrote it.
std::string HostOn(const std::string& network, const std::string& host) {
  if (host.empty()) return network == "tcp4" ? "0.0.0.0" : "[::]";
  if (host == "localhost" && network == "tcp4") return "127.0.0.1";
  if (host == "localhost" && network == "tcp6") return "[::1]";
  return host;
}

arrow::Result<ListenAddress> ParseHostPort(const Address& address) {
  const size_t colon = address.address.rfind(':');
  const std::string host = address.address.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (colon == std::string::npos ||
      !IsPort(std::string_view(address.address).substr(colon + 1)) ||
      (!bracketed && host.find(':') != std::string::npos)) {
    return arrow::Status::Invalid(
        "--address '", Printable(address.address),
        "' must be host:port, for example localhost:7777 or [::]:7777");
  }
  const std::string bound = HostOn(address.network, host);
  const std::string reached = !IsWildcard(bound)          ? bound
                              : address.network == "tcp6" ? "[::1]"
                                                          : "127.0.0.1";
  return ListenAddress{.bind = bound + address.address.substr(colon),
                       .target_host = reached,
                       .socket_path = ""};
}

}  // namespace

arrow::Result<ListenAddress> ParseListenAddress(const Address& address) {
  const std::string& network = address.network;
  if (network == "unix" || network == "unixpacket")
    return ParseSocketPath(address.address);
  if (network == "tcp" || network == "tcp4" || network == "tcp6")
    return ParseHostPort(address);
  return arrow::Status::Invalid("--network '", Printable(network),
                                "' must be tcp, tcp4, tcp6, unix or unixpacket");
}

arrow::Status RemoveStaleSocket(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return arrow::Status::OK();
  if (!S_ISSOCK(found.st_mode)) {
    return arrow::Status::AlreadyExists(
        "--address '", Printable(path),
        "' is a file and not a socket: choose another path");
  }
  if (SomebodyListens(path)) {
    return arrow::Status::AlreadyExists(
        "--address '", Printable(path),
        "' is in use by another process: choose another path");
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return arrow::Status::IOError("--address '", Printable(path),
                                  "' is an old socket that cannot be",
                                  " removed: ", std::strerror(errno));
  }
  return arrow::Status::OK();
}

}  // namespace cq
