#include "store/s3_headers.h"

#include <aws/common/date_time.h>
#include <aws/http/request_response.h>
#include <aws/s3/s3_client.h>

#include <chrono>
#include <cstdint>

#include "store/aws_crt.h"

namespace s3source::crt {

std::string Header(const aws_http_headers* headers, const char* name) {
  aws_byte_cursor value{};
  if (headers == nullptr || aws_http_headers_get(headers, Cursor(name), &value) != 0)
    return {};
  return std::string(View(value));
}

const aws_http_headers* HeadersOf(const aws_s3_request_metrics* metrics) {
  aws_http_headers* headers = nullptr;
  return aws_s3_request_metrics_get_response_headers(metrics, &headers) == 0 ? headers
                                                                             : nullptr;
}

std::optional<Timestamp> DateOf(const aws_http_headers* headers) {
  const std::string text = Header(headers, "Date");
  const aws_byte_cursor cursor = Cursor(text);
  aws_date_time date;
  if (text.empty() ||
      aws_date_time_init_from_str_cursor(&date, &cursor, AWS_DATE_FORMAT_RFC822) != 0) {
    return std::nullopt;
  }
  const double seconds = aws_date_time_as_epoch_secs(&date);
  if (!(seconds >= 0 && seconds < 9e9)) return std::nullopt;
  return Timestamp(std::chrono::seconds(static_cast<int64_t>(seconds)));
}

}  // namespace s3source::crt
