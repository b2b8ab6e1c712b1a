#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cloudquery/testing/plugin_client.h"

// The program, started and stopped as the CloudQuery CLI does it.

extern char** environ;

namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

using cq::testing::PluginClient;
using cq::testing::RpcStatus;
using Json = nlohmann::json;

/// The numbers program with its stdout and stderr in a pipe.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    output_ = ends[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    arguments.insert(arguments.begin(), NUMBERS_PROGRAM);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    EXPECT_EQ(
        posix_spawn(&process_, NUMBERS_PROGRAM, &actions, nullptr, argv.data(), environ),
        0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
  }
  ~Program() {
    if (process_ > 0) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
    CloseOutput();
  }

  void Signal(int number) { kill(process_, number); }

  /// The exit status, or minus the signal that killed it.
  int Wait() {
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  /// All it wrote; returns at its end.
  std::string Output() {
    std::string all;
    char piece[4096];
    ssize_t got = 0;
    while ((got = read(output_, piece, sizeof(piece))) > 0) all.append(piece, got);
    return all;
  }

  void CloseOutput() {
    if (output_ >= 0) close(output_);
    output_ = -1;
  }

 private:
  pid_t process_ = -1;
  int output_ = -1;
};

std::vector<Json> Lines(const std::string& output) {
  std::vector<Json> lines;
  std::istringstream in(output);
  for (std::string line; std::getline(in, line);)
    lines.push_back(Json::parse(line, nullptr, false));
  return lines;
}

class NumbersProgram : public ::testing::Test {
 protected:
  NumbersProgram()
      : socket_((std::filesystem::temp_directory_path() /
                 ("cq-numbers-" + std::to_string(getpid()) + ".sock"))
                    .string()) {
    std::filesystem::remove(socket_);
  }

  /// `more` stands behind what the CLI passes.
  std::vector<std::string> ServeArguments(std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"serve", "--log-level", "info", "--log-format",
                                    "json",  "--network",   "unix", "--address",
                                    socket_, "--no-sentry"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  /// A client as the CLI is one: its :authority is the socket's percent-encoded path.
  std::unique_ptr<PluginClient> Connect() const {
    std::string authority;
    for (const char c : socket_)
      authority += c == '/' ? std::string("%2F") : std::string(1, c);
    auto client = std::make_unique<PluginClient>("unix:" + socket_, authority);
    EXPECT_TRUE(client->WaitUntilConnected(std::chrono::seconds(5)));
    return client;
  }

  const std::string socket_;
};

TEST_F(NumbersProgram, ServesASyncOnASocketAndStopsWhenTold) {
  for (const int signal : {SIGINT, SIGTERM}) {
    SCOPED_TRACE(signal);
    Program program(ServeArguments());
    auto client = Connect();
    EXPECT_EQ(client->Init(R"({"count": 10})", false, "an-invocation"), RpcStatus());
    const auto answer = client->Sync({});
    EXPECT_EQ(answer.status, RpcStatus());
    EXPECT_EQ(answer.messages.size(), 4u) << "two tables, each with one record";

    program.Signal(signal);
    const auto lines = Lines(program.Output());
    EXPECT_EQ(program.Wait(), 0);
    EXPECT_FALSE(std::filesystem::exists(socket_));
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0], Json({{"level", "info"},
                              {"module", "numbers-source"},
                              {"address", socket_},
                              {"plugin", "numbers@v1.0.0"},
                              {"message", "Plugin server listening"}}));
    EXPECT_EQ(lines[1],
              Json({{"level", "info"},
                    {"module", "numbers-source"},
                    {"invocation_id", "an-invocation"},
                    {"address", socket_},
                    {"signal", signal == SIGINT ? "interrupt" : "terminated"},
                    {"message", "Got stop signal. Plugin server shutting down"}}));
  }
}

TEST_F(NumbersProgram, StopsInTheMiddleOfASync) {
  Program program(ServeArguments());
  auto client = Connect();
  EXPECT_EQ(client->Init(R"({"count": 0})"), RpcStatus());
  const auto call = client->StartSync({});
  ASSERT_TRUE(call->Next());
  const auto begin = std::chrono::steady_clock::now();
  program.Signal(SIGINT);
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_FALSE(call->Finish().ok());
}

TEST_F(NumbersProgram, EndsWhenNobodyReadsItsLog) {
  Program program(ServeArguments());
  const auto client = Connect();
  program.CloseOutput();
  EXPECT_EQ(program.Wait(), 0);
}

TEST_F(NumbersProgram, IgnoresFlagsItDoesNotKnow) {
  Program program(ServeArguments({"--otel-endpoint", "localhost:4318",
                                  "--otel-endpoint-insecure", "--license", "/l",
                                  "--new-flag", "value", "--other=value", "--switch"}));
  Connect();
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0);
}

TEST_F(NumbersProgram, TakesTheSocketOfAKilledProcess) {
  {
    Program killed(ServeArguments());
    Connect();
    killed.Signal(SIGKILL);
    EXPECT_EQ(killed.Wait(), -SIGKILL);
  }
  ASSERT_TRUE(std::filesystem::exists(socket_));
  Program program(ServeArguments());
  auto client = Connect();
  EXPECT_EQ(client->Init("null"), RpcStatus());

  Program second(ServeArguments());
  EXPECT_THAT(second.Output(), HasSubstr("is in use by another process"));
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_EQ(client->Init("null"), RpcStatus())
      << "the second program took the socket of the first";
}

TEST_F(NumbersProgram, RefusesFlagsThatAreWrong) {
  const std::vector<std::vector<std::string>> wrong = {
      {"serve", "--log-level", "loud"},         {"serve", "--log-format", "xml"},
      {"serve", "--network", "carrier-pigeon"}, {"serve", "--address", "no-port"},
      {"serve", "--address", "192.0.2.1:0"},    {"no-such-command"}};
  for (const auto& arguments : wrong) {
    SCOPED_TRACE(arguments.back());
    Program program(arguments);
    EXPECT_NE(program.Output(), "");
    EXPECT_GT(program.Wait(), 0);
  }
}

TEST_F(NumbersProgram, TellsItsVersionAndItsCommands) {
  Program version({"--version"});
  EXPECT_EQ(version.Output(), "numbers version v1.0.0\n");
  EXPECT_EQ(version.Wait(), 0);
  for (const auto& arguments :
       {std::vector<std::string>{"--help"}, {"serve", "--help"}}) {
    Program help(arguments);
    EXPECT_THAT(help.Output(), HasSubstr("serve"));
    EXPECT_EQ(help.Wait(), 0);
  }
}

}  // namespace
