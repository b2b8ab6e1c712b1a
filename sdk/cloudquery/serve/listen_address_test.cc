#include "cloudquery/serve/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "cloudquery/testing/arrow_matchers.h"

namespace cq {
namespace {

using ::testing::HasSubstr;

TEST(ListenAddress, ReadsAddressesAsGoDoes) {
  const struct {
    Address address;
    const char* bind;
    const char* target_host;
  } cases[] = {
      {{"tcp", "localhost:7777"}, "localhost:7777", "localhost"},
      {{"tcp", "[::]:7777"}, "[::]:7777", "127.0.0.1"},
      {{"tcp", ":7777"}, "[::]:7777", "127.0.0.1"},
      {{"tcp", "0.0.0.0:7777"}, "0.0.0.0:7777", "127.0.0.1"},
      {{"tcp", "127.0.0.1:0"}, "127.0.0.1:0", "127.0.0.1"},
      {{"tcp", "[::1]:65535"}, "[::1]:65535", "[::1]"},
      {{"tcp4", ":7777"}, "0.0.0.0:7777", "127.0.0.1"},
      {{"tcp4", "localhost:7777"}, "127.0.0.1:7777", "127.0.0.1"},
      {{"tcp6", "localhost:7777"}, "[::1]:7777", "[::1]"},
      {{"tcp6", ":7777"}, "[::]:7777", "[::1]"},
      {{"unix", "/tmp/cq-x.sock"}, "unix:/tmp/cq-x.sock", ""},
      {{"unixpacket", "cq.sock"}, "unix:cq.sock", ""},
  };
  for (const auto& [address, bind, target_host] : cases) {
    SCOPED_TRACE(address.network + " " + address.address);
    ASSERT_OK_AND_ASSIGN(const auto listen, ParseListenAddress(address));
    EXPECT_EQ(listen.bind, bind);
    EXPECT_EQ(listen.target_host, target_host);
    EXPECT_EQ(listen.socket_path.empty(), !address.network.starts_with("unix"));
  }
}

TEST(ListenAddress, NamesTheFlagThatIsWrong) {
  const struct {
    Address address;
    const char* flag;
  } cases[] = {
      {{"udp", "localhost:7777"}, "--network 'udp'"},
      {{"tcp", "localhost"}, "--address 'localhost'"},
      {{"tcp", ""}, "--address ''"},
      {{"tcp", "localhost:"}, "--address"},
      {{"tcp", "localhost:http"}, "--address"},
      {{"tcp", "localhost:65536"}, "--address"},
      {{"tcp", "::1:7777"}, "--address"},
      {{"unix", ""}, "--address"},
      {{"unix", std::string(108, 'x')}, "--address"},
  };
  for (const auto& [address, flag] : cases) {
    SCOPED_TRACE(address.network + " " + address.address);
    EXPECT_THAT(ParseListenAddress(address),
                testing::StatusIs(arrow::StatusCode::Invalid, HasSubstr(flag)));
  }
}

class StaleSocket : public ::testing::Test {
 protected:
  StaleSocket()
      : path_((std::filesystem::temp_directory_path() /
               ("cq-stale-" + std::to_string(getpid()) + ".sock"))
                  .string()) {
    std::filesystem::remove(path_);
  }
  ~StaleSocket() override {
    if (descriptor_ >= 0) close(descriptor_);
    std::filesystem::remove(path_);
  }

  void Bind() {
    descriptor_ = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
              0);
  }

  const std::string path_;
  int descriptor_ = -1;
};

TEST_F(StaleSocket, IsRemovedWhenNobodyListens) {
  EXPECT_OK(RemoveStaleSocket(path_));
  Bind();
  EXPECT_OK(RemoveStaleSocket(path_));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StaleSocket, StaysWhenSomebodyListens) {
  Bind();
  ASSERT_EQ(listen(descriptor_, 1), 0);
  EXPECT_THAT(RemoveStaleSocket(path_),
              testing::StatusIs(arrow::StatusCode::AlreadyExists));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(StaleSocket, IsNoReasonToRemoveAFile) {
  std::ofstream(path_) << "precious";
  EXPECT_THAT(RemoveStaleSocket(path_),
              testing::StatusIs(arrow::StatusCode::AlreadyExists));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace cq
