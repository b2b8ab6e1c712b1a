#include "cloudquery/metrics/http_post.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

namespace cq {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using Request = http::request<http::string_body>;

constexpr int kHttp11 = 11;
constexpr size_t kMaxAnswerBytes = 1 << 20;

/// The status code of the answer. Throws system_error.
asio::awaitable<int> Exchange(const MetricsEndpoint& endpoint, const Request& request,
                              std::chrono::milliseconds timeout) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::resolver resolver(executor);
  const auto addresses =
      co_await resolver.async_resolve(endpoint.host, endpoint.port, asio::use_awaitable);
  beast::tcp_stream stream(executor);
  stream.expires_after(timeout);
  co_await stream.async_connect(addresses, asio::use_awaitable);
  co_await http::async_write(stream, request, asio::use_awaitable);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxAnswerBytes);
  co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
  co_return parser.get().result_int();
}

}  // namespace

arrow::Status HttpPost(const MetricsEndpoint& endpoint, const std::string& path,
                       const std::string& content_type, std::string body,
                       std::chrono::milliseconds timeout) {
  const std::string where = endpoint.host + ":" + endpoint.port;
  Request request(http::verb::post, path, kHttp11);
  request.set(http::field::host, where);
  request.set(http::field::content_type, content_type);
  request.set(http::field::connection, "close");
  request.body() = std::move(body);
  request.prepare_payload();

  int code = 0;
  std::exception_ptr failure;
  asio::io_context io;
  asio::co_spawn(io, Exchange(endpoint, request, timeout),
                 [&](std::exception_ptr error, int answer) {
                   failure = std::move(error);
                   code = answer;
                 });
  // Also bounds what has no timeout of its own: the resolver.
  io.run_for(timeout);
  if (failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
      return arrow::Status::IOError(where, ": ", error.code().message());
    } catch (const std::exception& error) {
      return arrow::Status::IOError(where, ": ", error.what());
    }
  }
  if (code == 0) return arrow::Status::IOError(where, ": no answer in time");
  if (code / 100 != 2) return arrow::Status::IOError(where, path, " answered ", code);
  return arrow::Status::OK();
}

}  // namespace cq
