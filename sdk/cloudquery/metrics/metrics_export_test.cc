#include "cloudquery/metrics/metrics_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <future>
#include <map>
#include <string>
#include <thread>

#include "cloudquery/metrics/http_post.h"
#include "cloudquery/testing/arrow_matchers.h"
#include "cloudquery/testing/recording_logger.h"
#include "opentelemetry/metrics.pb.h"

namespace cq {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace otlp = opentelemetry::proto::metrics::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using testing::StatusIs;

using Request = http::request<http::string_body>;

/// Listens on a free port; answers one request when asked to.
class OneAnswer {
 public:
  MetricsEndpoint endpoint() const {
    return {.host = "127.0.0.1",
            .port = std::to_string(acceptor_.local_endpoint().port())};
  }

  std::future<Request> Answer(http::status status) {
    return std::async(std::launch::async, [this, status] {
      asio::ip::tcp::socket socket(io_);
      acceptor_.accept(socket);
      boost::beast::flat_buffer buffer;
      Request request;
      http::read(socket, buffer, request);
      http::response<http::string_body> answer(status, request.version());
      answer.prepare_payload();
      http::write(socket, answer);
      return request;
    });
  }

 private:
  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), /*port=*/0}};
};

/// Value by table, of one metric.
std::map<std::string, int64_t> Points(const otlp::Metric& metric) {
  EXPECT_EQ(metric.sum().aggregation_temporality(),
            otlp::AGGREGATION_TEMPORALITY_CUMULATIVE);
  std::map<std::string, int64_t> points;
  for (const auto& point : metric.sum().data_points()) {
    EXPECT_EQ(point.attributes_size(), 1);
    EXPECT_EQ(point.attributes(0).key(), "sync.table.name");
    points[point.attributes(0).value().string_value()] = point.as_int();
  }
  return points;
}

class MetricsExportTest : public ::testing::Test {
 protected:
  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  TableMetrics metrics_{[this] { return now_; }};
  RecordingLogger logger_;
  OneAnswer server_;
};

TEST_F(MetricsExportTest, SendsTheFiguresOfAllTablesAtTheEnd) {
  auto request = server_.Answer(http::status::ok);
  {
    MetricsExport sent(server_.endpoint(), "example", metrics_, logger_);
    metrics_.Begin("a");
    now_ += std::chrono::milliseconds(1500);
    metrics_.AddRows("a", 3);
    metrics_.AddError("b");
  }
  const Request got = request.get();
  EXPECT_EQ(got.method(), http::verb::post);
  EXPECT_EQ(got.target(), "/v1/metrics");
  EXPECT_EQ(got[http::field::content_type], "application/x-protobuf");
  otlp::ExportMetricsServiceRequest message;
  ASSERT_TRUE(message.ParseFromString(got.body()));
  ASSERT_EQ(message.resource_metrics_size(), 1);
  ASSERT_EQ(message.resource_metrics(0).scope_metrics_size(), 1);
  const auto& scope = message.resource_metrics(0).scope_metrics(0);
  EXPECT_EQ(scope.scope().name(), "io.cloudquery");
  ASSERT_EQ(scope.metrics_size(), 4);
  EXPECT_EQ(scope.metrics(0).name(), "sync.table.resources");
  EXPECT_THAT(Points(scope.metrics(0)), ElementsAre(Pair("a", 3), Pair("b", 0)));
  EXPECT_EQ(scope.metrics(1).name(), "sync.table.errors");
  EXPECT_THAT(Points(scope.metrics(1)), ElementsAre(Pair("a", 0), Pair("b", 1)));
  EXPECT_EQ(scope.metrics(2).name(), "sync.table.panics");
  EXPECT_THAT(Points(scope.metrics(2)), ElementsAre(Pair("a", 0), Pair("b", 0)));
  EXPECT_EQ(scope.metrics(3).name(), "sync.table.duration");
  EXPECT_EQ(scope.metrics(3).unit(), "ms");
  EXPECT_THAT(Points(scope.metrics(3)), ElementsAre(Pair("a", 1500), Pair("b", 0)));
  EXPECT_TRUE(logger_.lines().empty());
}

TEST_F(MetricsExportTest, SendsNothingWhenThereWasNothing) {
  {
    MetricsExport sent({.host = "127.0.0.1", .port = "1"}, "example", metrics_, logger_);
  }
  EXPECT_TRUE(logger_.lines().empty())
      << "nobody listens on port 1: it would have failed";
}

TEST_F(MetricsExportTest, AnEndpointThatDoesNotTakeThemIsAWarning) {
  metrics_.AddRows("a", 3);
  auto request = server_.Answer(http::status::service_unavailable);
  const auto endpoint = server_.endpoint();
  { MetricsExport sent(endpoint, "example", metrics_, logger_); }
  request.get();
  ASSERT_EQ(logger_.lines().size(), 1U);
  EXPECT_EQ(logger_.lines()[0].level, LogLevel::kWarn);
  EXPECT_THAT(logger_.lines()[0].Field("error"),
              HasSubstr("127.0.0.1:" + endpoint.port + "/v1/metrics answered 503"));
}

TEST(HttpPost, SaysWhereNobodyListens) {
  EXPECT_THAT(HttpPost({.host = "127.0.0.1", .port = "1"}, "/", "text/plain", "x",
                       std::chrono::seconds(10)),
              StatusIs(arrow::StatusCode::IOError, HasSubstr("127.0.0.1:1: ")));
}

TEST(HttpPost, DoesNotWaitForASilentServerForEver) {
  OneAnswer silent;  // its kernel takes the connection, nobody answers
  EXPECT_THAT(
      HttpPost(silent.endpoint(), "/", "text/plain", "x", std::chrono::milliseconds(50)),
      StatusIs(arrow::StatusCode::IOError, HasSubstr("127.0.0.1:")));
}

}  // namespace
}  // namespace cq
