#include "cloudquery/metrics/http_post.h"

#include <arrow/result.h>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <utility>

namespace cq {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

using Request = http::request<http::string_body>;

constexpr int kHttp11 = 11;
constexpr size_t kMaxAnswerBytes = 1 << 20;

/// One exchange, step by step, all of it until one deadline.
class Exchange {
 public:
  explicit Exchange(std::chrono::milliseconds timeout)
      : deadline_(std::chrono::steady_clock::now() + timeout) {}

  arrow::Result<int> Run(const MetricsEndpoint& endpoint, const Request& request) {
    tcp::resolver::results_type addresses;
    ARROW_RETURN_NOT_OK(Step([&](auto done) {
      resolver_.async_resolve(endpoint.host, endpoint.port,
                              [&addresses, done](error_code error, const auto& found) {
                                addresses = found;
                                done(error);
                              });
    }));
    ARROW_RETURN_NOT_OK(Step([&](auto done) {
      stream_.async_connect(
          addresses, [done](error_code error, const tcp::endpoint&) { done(error); });
    }));
    ARROW_RETURN_NOT_OK(Step([&](auto done) {
      http::async_write(stream_, request,
                        [done](error_code error, size_t) { done(error); });
    }));
    answer_.body_limit(kMaxAnswerBytes);
    ARROW_RETURN_NOT_OK(Step([&](auto done) {
      http::async_read(stream_, buffer_, answer_,
                       [done](error_code error, size_t) { done(error); });
    }));
    return answer_.get().result_int();
  }

 private:
  /// After a failed step nothing runs any more, so that what it refers to may go.
  template <typename Start>
  arrow::Status Step(Start start) {
    error_code result = asio::error::would_block;
    start([&result](error_code error) { result = error; });
    io_.restart();
    io_.run_until(deadline_);
    if (result == asio::error::would_block) {
      return arrow::Status::IOError("no answer in time");
    }
    if (result) return arrow::Status::IOError(result.message());
    return arrow::Status::OK();
  }

  const std::chrono::steady_clock::time_point deadline_;
  asio::io_context io_;
  tcp::resolver resolver_{io_};
  beast::tcp_stream stream_{io_};
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> answer_;
};

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

  const auto code = Exchange(timeout).Run(endpoint, request);
  if (!code.ok()) return code.status().WithMessage(where, ": ", code.status().message());
  if (*code / 100 != 2) return arrow::Status::IOError(where, path, " answered ", *code);
  return arrow::Status::OK();
}

}  // namespace cq
