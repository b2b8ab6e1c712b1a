#include "bench/request_counter.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace bench {
namespace {

bool operator==(const RequestCounts& a, const RequestCounts& b) {
  return a.list == b.list && a.get == b.get && a.ranged == b.ranged && a.head == b.head &&
         a.other == b.other;
}

struct Case {
  std::string_view what;
  std::string_view head;  ///< without the empty line
  RequestCounts counts;
};

constexpr Case kCases[] = {
    {"first page", "GET /lake?list-type=2&prefix= HTTP/1.1\r\nHost: a", {.list = 1}},
    {"next page", "GET /lake/?prefix=a&list-type=2 HTTP/1.1\r\nHost: a", {.list = 1}},
    {"object", "GET /lake/a/b.parquet HTTP/1.1\r\nHost: a", {.get = 1}},
    {"range", "GET /lake/b HTTP/1.1\r\nRange: bytes=0-1", {.get = 1, .ranged = 1}},
    {"range, lower case", "GET /lake/b HTTP/1.1\r\nrange:x", {.get = 1, .ranged = 1}},
    {"object named so", "GET /lake/list-type=2 HTTP/1.1\r\nHost: a", {.get = 1}},
    {"head", "HEAD /lake/b HTTP/1.1\r\nHost: a", {.head = 1}},
    {"bucket", "GET /lake?location HTTP/1.1\r\nHost: a", {.other = 1}},
    {"put", "PUT /lake/b HTTP/1.1\r\nContent-Length: 0", {.other = 1}},
    {"not a request", "hello", {.other = 1}},
};

TEST(RequestCounter, TellsKindsApart) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.what);
    RequestCounts counts;
    RequestCounter(counts).Add(std::string(c.head) + "\r\n\r\n");
    EXPECT_TRUE(counts == c.counts);
  }
}

TEST(RequestCounter, CountsWhateverTheBytesComeIn) {
  std::string stream;
  for (const Case& c : kCases) stream += std::string(c.head) + "\r\n\r\n";
  // A body that looks like a request is none.
  const std::string_view body = "HEAD /lake/b HTTP/1.1\r\n\r\n";
  stream += "POST /lake HTTP/1.1\r\ncontent-length: " + std::to_string(body.size()) +
            "\r\n\r\n" + std::string(body);
  stream += "GET /lake/last HTTP/1.1\r\nHost: a\r\n\r\n";
  for (size_t step = 1; step <= stream.size(); ++step) {
    SCOPED_TRACE(step);
    RequestCounts counts;
    RequestCounter counter(counts);
    for (size_t i = 0; i < stream.size(); i += step) {
      counter.Add(std::string_view(stream).substr(i, step));
    }
    EXPECT_TRUE(counts ==
                (RequestCounts{.list = 2, .get = 5, .ranged = 2, .head = 1, .other = 4}));
  }
}

}  // namespace
}  // namespace bench
