#pragma once

#include <optional>
#include <string>

#include "store/object.h"

struct aws_http_headers;
struct aws_s3_request_metrics;

// What the headers of an answer tell.
namespace s3source::crt {

/// Empty where there is none, or no headers.
std::string Header(const aws_http_headers* headers, const char* name);

/// Null without an answer. They are the metrics'.
const aws_http_headers* HeadersOf(const aws_s3_request_metrics* metrics);

/// When an answer was sent by the server's clock, as far as nanoseconds reach; S3 tells
/// it in whole seconds.
std::optional<Timestamp> DateOf(const aws_http_headers* headers);

}  // namespace s3source::crt
