#include "cloudquery/metrics/metrics_endpoint.h"

#include <gtest/gtest.h>

#include "cloudquery/testing/arrow_matchers.h"

namespace cq {
namespace {

TEST(MetricsEndpoint, IsAHostAndAPort) {
  struct Case {
    const char* text;
    const char* host;
    const char* port;
  };
  for (const Case& c :
       {Case{"localhost:4318", "localhost", "4318"},
        Case{"127.0.0.1:1", "127.0.0.1", "1"}, Case{"[::1]:65535", "::1", "65535"}}) {
    SCOPED_TRACE(c.text);
    ASSERT_OK_AND_ASSIGN(const auto endpoint, ParseMetricsEndpoint(c.text));
    EXPECT_EQ(endpoint.host, c.host);
    EXPECT_EQ(endpoint.port, c.port);
  }
}

TEST(MetricsEndpoint, RefusesWhatIsNeither) {
  for (const char* text : {"", ":", "localhost", "localhost:", ":4318", "localhost:http",
                           "http://localhost:4318", "localhost:4318/v1/metrics",
                           "::1:4318", "user@host:1", "[]:1", "localhost:123456"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(ParseMetricsEndpoint(text).ok());
  }
}

}  // namespace
}  // namespace cq
