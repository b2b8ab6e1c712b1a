#include "store/testing/local_s3_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "store/s3_client.h"
#include "store/s3_store.h"
#include "store/s3_uri.h"

namespace s3source::testing {
namespace {

namespace fs = std::filesystem;

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

bool Accepts(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  const bool connected =
      connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return connected;
}

pid_t Spawn(const std::vector<std::string>& arguments, const std::string& log) {
  std::vector<char*> argv;
  for (const auto& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t process = fork();
  if (process != 0) return process;
  // Only what is safe between fork and exec. The server must not outlive a test that
  // crashes.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(fd, STDOUT_FILENO);
  dup2(fd, STDERR_FILENO);
  execv(argv[0], argv.data());
  _exit(127);
}

class S3Bucket final : public Bucket {
 public:
  S3Bucket(S3Options options, S3Address address, std::unique_ptr<S3Client> back_door,
           std::unique_ptr<ObjectStore> store)
      : options_(std::move(options)),
        address_(std::move(address)),
        back_door_(std::move(back_door)),
        store_(std::move(store)) {}

  void Put(const std::string& key, const std::string& bytes) override {
    Send({.operation = "PutObject",
          .method = "PUT",
          .target = address_.ObjectTarget(key),
          .body = bytes});
  }
  void Delete(const std::string& key) override {
    Send({.operation = "DeleteObject",
          .method = "DELETE",
          .target = address_.ObjectTarget(key)});
  }
  ObjectStore& store() override { return *store_; }

 private:
  void Send(S3Call call) {
    const std::string what = call.method + " " + call.target;
    auto promise = std::make_shared<std::promise<S3Reply>>();
    back_door_->Send(std::move(call), {}, [promise](S3Reply answer) {
      promise->set_value(std::move(answer));
    });
    const S3Reply reply = promise->get_future().get();
    ASSERT_TRUE(reply.ok) << what << ": " << reply.failure.crt_error << " "
                          << reply.failure.body;
  }

  S3Options options_;
  S3Address address_;
  std::unique_ptr<S3Client> back_door_;
  std::unique_ptr<ObjectStore> store_;
};

}  // namespace

std::string LocalS3Server::Program() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  std::string program = variable("CQS3_VERSITYGW");
  if (program.empty()) {
    std::string deps = variable("CQS3_DEPS");
    if (deps.empty()) deps = variable("HOME") + "/.cache/cq-source-s3";
    program = deps + "/bin/versitygw";
  }
  return fs::exists(program) ? program : "";
}

arrow::Result<std::unique_ptr<LocalS3Server>> LocalS3Server::Start(
    const Settings& settings) {
  const std::string program = Program();
  if (program.empty())
    return arrow::Status::IOError("no versitygw; run scripts/bootstrap demo");
  std::string folder = fs::temp_directory_path() / "local-s3-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr)
    return arrow::Status::IOError("cannot make ", folder);

  std::unique_ptr<LocalS3Server> server(new LocalS3Server);
  server->folder_ = folder;
  server->region_ = settings.region;
  const int port = FreePort();
  const bool tls = !settings.certificate.empty();
  server->url_ = fmt::format("{}://127.0.0.1:{}", tls ? "https" : "http", port);
  fs::create_directory(folder + "/buckets");
  std::vector<std::string> arguments = {
      program,    "--port",      fmt::format("127.0.0.1:{}", port),
      "--access", kAccessKey,    "--secret",
      kSecretKey, "--region",    settings.region,
      "--quiet",  "--keep-alive"};
  if (tls) {
    arguments.insert(arguments.end(),
                     {"--cert", settings.certificate, "--key", settings.key});
  }
  arguments.insert(arguments.end(), {"posix", folder + "/buckets"});
  server->process_ = Spawn(arguments, folder + "/log");
  if (server->process_ < 0) return arrow::Status::IOError("cannot start ", program);

  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!Accepts(port)) {
    if (waitpid(server->process_, nullptr, WNOHANG) == server->process_) {
      server->process_ = -1;
      return arrow::Status::IOError(program, " ended at once");
    }
    if (std::chrono::steady_clock::now() > deadline) {
      return arrow::Status::IOError(program, " does not listen");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return server;
}

LocalS3Server::~LocalS3Server() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

S3Options LocalS3Server::OptionsFor(const std::string& bucket) const {
  S3Options options;
  options.bucket = bucket;
  options.region = region_;
  options.endpoint = url_;
  options.path_style = true;
  options.environment = EnvironmentOf({{"AWS_ACCESS_KEY_ID", kAccessKey},
                                       {"AWS_SECRET_ACCESS_KEY", kSecretKey},
                                       {"AWS_EC2_METADATA_DISABLED", "true"}});
  options.retries = 1;
  options.retry_base = std::chrono::milliseconds(10);
  return options;
}

void LocalS3Server::MakeBucket(const std::string& bucket) const {
  fs::create_directory(folder_ + "/buckets/" + bucket);
}

std::unique_ptr<Bucket> MakeS3Bucket(const LocalS3Server& server, cq::Logger& logger) {
  static std::atomic<int> count = 0;
  S3Options options = server.OptionsFor(fmt::format("bucket-{}", ++count));
  server.MakeBucket(options.bucket);
  return OpenS3Bucket(std::move(options), logger);
}

std::unique_ptr<Bucket> OpenS3Bucket(S3Options options, cq::Logger& logger) {
  auto address = S3Address::Make(options).ValueOrDie();
  const S3Target target{options.bucket, options.region, address.url(), true, ""};
  auto back_door = S3Client::Make(options, address, target, logger).ValueOrDie();
  auto store = S3Store::Open(options, logger).ValueOrDie();
  return std::make_unique<S3Bucket>(std::move(options), std::move(address),
                                    std::move(back_door), std::move(store));
}

Environment EnvironmentOf(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](
             const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

}  // namespace s3source::testing
