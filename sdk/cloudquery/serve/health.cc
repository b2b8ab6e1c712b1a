#include "cloudquery/serve/health.h"

#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "cloudquery/log/printable.h"
#include "cloudquery/serve/guarded.h"
#include "cloudquery/serve/listen_address.h"

namespace cq {
namespace {

/// grpc.health.v1.HealthCheckResponse with status SERVING: field 1, varint 1.
constexpr std::string_view kServing("\x08\x01", 2);

arrow::Result<std::string> Target(const Address& address) {
  ARROW_ASSIGN_OR_RAISE(const ListenAddress listen, ParseListenAddress(address));
  if (!listen.socket_path.empty()) return listen.bind;
  return listen.target_host + listen.bind.substr(listen.bind.rfind(':'));
}

std::string Text(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.Valid() || !buffer.DumpToSingleSlice(&slice).ok()) return {};
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

}  // namespace

arrow::Status CheckHealth(const Address& address, std::chrono::milliseconds timeout) {
  ARROW_ASSIGN_OR_RAISE(const std::string target, Target(address));
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  grpc::GenericStub stub(
      grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  const grpc::Slice nothing;  // the health of the whole server
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check",
                                          grpc::ByteBuffer(&nothing, 1), &queue);
  grpc::ByteBuffer reply;
  grpc::Status status;
  call->StartCall();
  call->Finish(&reply, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (!status.ok()) {
    return arrow::Status::IOError(
        "the server at ", Printable(target),
        " does not answer: ", Printable(status.error_message()));
  }
  if (Text(reply) == kServing) return arrow::Status::OK();
  return arrow::Status::IOError("the server at ", Printable(target), " is not serving");
}

std::optional<Address> ServedAddress(std::string_view command_line) {
  std::vector<std::string_view> arguments;
  while (!command_line.empty()) {
    const size_t end = std::min(command_line.find('\0'), command_line.size());
    arguments.push_back(command_line.substr(0, end));
    command_line.remove_prefix(std::min(end + 1, command_line.size()));
  }
  const auto serve = std::find(arguments.begin(), arguments.end(), "serve");
  if (serve == arguments.end()) return std::nullopt;
  Address address;
  const auto take = [](std::string_view name, auto at, auto end, std::string& to) {
    if (*at == name && at + 1 != end) to = *(at + 1);
    if (at->starts_with(name) && at->substr(name.size()).starts_with('=')) {
      to = at->substr(name.size() + 1);
    }
  };
  for (auto at = serve; at != arguments.end(); ++at) {
    take("--address", at, arguments.end(), address.address);
    take("--network", at, arguments.end(), address.network);
  }
  return address;
}

void AddHealthFlags(CLI::App& command, HealthFlags& flags) {
  command.add_option(
      "--address", flags.address.address,
      "As of its serve. Default: what process 1 serves, else localhost:7777");
  command.add_option("--network", flags.address.network)
      ->check(CLI::IsMember({"tcp", "tcp4", "tcp6", "unix", "unixpacket"}));
  command.add_option("--timeout", flags.timeout_seconds, "Seconds")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 3600.0));
}

int Health(int count, char** arguments) {
  std::ifstream file("/proc/1/cmdline", std::ios::binary);
  const std::string first{std::istreambuf_iterator<char>(file), {}};
  HealthFlags flags{.address = ServedAddress(first).value_or(Address{})};
  CLI::App app("Asks a plugin that serves whether it is well; exits with 0 if so",
               "health");
  AddHealthFlags(app, flags);
  try {
    app.parse(std::vector<std::string>(std::make_reverse_iterator(arguments + count),
                                       std::make_reverse_iterator(arguments)));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const auto timeout =
      std::chrono::milliseconds(static_cast<int64_t>(flags.timeout_seconds * 1000));
  const arrow::Status status =
      Guarded([&] { return CheckHealth(flags.address, timeout); });
  if (status.ok()) return 0;
  std::fprintf(stderr, "health: %s\n", status.message().c_str());
  return 1;
}

}  // namespace cq
