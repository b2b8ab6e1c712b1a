#include "bench/plugin_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

extern char** environ;

namespace bench {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

arrow::Result<pid_t> Spawn(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, argv[0], &files, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    return arrow::Status::IOError("cannot start ", arguments[0], ": ",
                                  std::strerror(error));
  }
  return pid;
}

bool Accepts(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool accepted =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(fd);
  return accepted;
}

}  // namespace

arrow::Result<PluginProcess> PluginProcess::Start(const std::string& program,
                                                  const std::string& log_level) {
  const std::string socket_path = "/tmp/cq-bench-" + std::to_string(::getpid()) + ".sock";
  ARROW_ASSIGN_OR_RAISE(
      const pid_t pid,
      Spawn({program, "serve", "--log-level", log_level, "--log-format", "json",
             "--network", "unix", "--address", socket_path, "--no-sentry"}));
  return PluginProcess(pid, socket_path);
}

PluginProcess::PluginProcess(pid_t pid, std::string socket_path)
    : pid_(pid), socket_path_(std::move(socket_path)) {}

PluginProcess::PluginProcess(PluginProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), socket_path_(std::move(other.socket_path_)) {}

PluginProcess::~PluginProcess() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::unlink(socket_path_.c_str());
}

arrow::Status PluginProcess::AwaitSocket(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!Accepts(socket_path_)) {
    siginfo_t ended{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT);
    if (ended.si_pid != 0) {
      return arrow::Status::IOError("the plugin ended before it served");
    }
    if (std::chrono::steady_clock::now() > deadline) {
      return arrow::Status::IOError("the plugin did not serve within ", patience.count(),
                                    " ms");
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return arrow::Status::OK();
}

arrow::Result<Usage> PluginProcess::Stop(std::chrono::milliseconds patience) {
  ::kill(pid_, SIGINT);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  int status = 0;
  rusage used{};
  pid_t ended = 0;
  while ((ended = ::wait4(pid_, &status, WNOHANG, &used)) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      return arrow::Status::IOError("the plugin did not stop within ", patience.count(),
                                    " ms of SIGINT");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  if (ended < 0) return arrow::Status::IOError("wait4: ", std::strerror(errno));
  pid_ = 0;
  ::unlink(socket_path_.c_str());
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return arrow::Status::IOError("the plugin ended with wait status ", status);
  }
  return Usage{Seconds(used.ru_utime) + Seconds(used.ru_stime),
               static_cast<int64_t>(used.ru_maxrss) * 1024};
}

}  // namespace bench
