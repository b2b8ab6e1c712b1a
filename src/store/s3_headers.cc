#include "store/s3_headers.h"

#include <aws/common/date_time.h>
#include <aws/http/request_response.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/aws_crt.h"
#include "store/s3_attempt.h"

namespace s3source::crt {
namespace {

/// As far as nanoseconds reach.
std::optional<Timestamp> DateOf(const aws_byte_cursor& text) {
  aws_date_time date;
  if (text.len == 0 ||
      aws_date_time_init_from_str_cursor(&date, &text, AWS_DATE_FORMAT_RFC822) != 0) {
    return std::nullopt;
  }
  const double seconds = aws_date_time_as_epoch_secs(&date);
  if (!(seconds >= 0 && seconds < 9e9)) return std::nullopt;
  return Timestamp(std::chrono::seconds(static_cast<int64_t>(seconds)));
}

constexpr struct {
  std::string_view name;
  std::string AnswerHead::*field;
} kTexts[] = {{"ETag", &AnswerHead::etag},
              {"Content-Range", &AnswerHead::content_range},
              {"x-amz-request-id", &AnswerHead::request_id},
              {"x-amz-bucket-region", &AnswerHead::bucket_region}};

}  // namespace

void NoteHeader(const aws_http_header& header, AnswerHead* head) {
  const auto is = [&](std::string_view name) {
    return aws_http_header_name_eq(header.name, Cursor(name));
  };
  if (is("Date")) head->date = DateOf(header.value);
  for (const auto& [name, field] : kTexts) {
    if (is(name)) head->*field = View(header.value);
  }
}

}  // namespace s3source::crt
