#include "store/s3_attempt.h"

#include <aws/auth/credentials.h>
#include <aws/auth/signable.h>
#include <aws/auth/signing.h>
#include <aws/auth/signing_config.h>
#include <aws/auth/signing_result.h>
#include <aws/common/date_time.h>
#include <aws/common/error.h>
#include <aws/http/connection.h>
#include <aws/http/connection_manager.h>
#include <aws/http/request_response.h>
#include <aws/io/stream.h>

#include <chrono>
#include <utility>

#include "store/aws_crt.h"
#include "store/s3_headers.h"

namespace s3source::crt {

Attempt::Attempt(Runtime& runtime, Access access, Receiver& receiver)
    : runtime_(runtime), access_(std::move(access)), receiver_(receiver) {}

Attempt::~Attempt() = default;

void Attempt::Send(const HttpRequest& request, Timestamp signed_at) {
  self_ = shared_from_this();
  message_ = MakeMessage(request);
  if (const int error = Sign(signed_at); error != 0) End(error);
}

aws_http_message* Attempt::MakeMessage(const HttpRequest& request) const {
  auto* message = aws_http_message_new_request(runtime_.allocator());
  aws_http_message_set_request_method(message, Cursor(request.method));
  aws_http_message_set_request_path(message, Cursor(request.target));
  auto* headers = aws_http_message_get_headers(message);
  aws_http_headers_set(headers, Cursor("Host"), Cursor(access_.route->host()));
  for (const auto& [name, value] : request.headers) {
    aws_http_headers_set(headers, Cursor(name), Cursor(value));
  }
  if (!request.body.empty()) {
    const aws_byte_cursor body = Cursor(request.body);
    auto* stream = aws_input_stream_new_from_cursor(runtime_.allocator(), &body);
    aws_http_message_set_body_stream(message, stream);
    aws_input_stream_release(stream);
  }
  return message;
}

int Attempt::Sign(Timestamp signed_at) {
  aws_signing_config_aws config{};
  config.config_type = AWS_SIGNING_CONFIG_AWS;
  config.algorithm = AWS_SIGNING_ALGORITHM_V4;
  config.signature_type = AWS_ST_HTTP_REQUEST_HEADERS;
  config.region = Cursor(access_.route->region());
  config.service = Cursor("s3");
  // S3 alone takes a path as it stands.
  config.flags.use_double_uri_encode = 0;
  config.flags.should_normalize_uri_path = 0;
  config.signed_body_value = g_aws_signed_body_value_unsigned_payload;
  config.signed_body_header = AWS_SBHT_X_AMZ_CONTENT_SHA256;
  config.credentials_provider = access_.credentials.get();
  const auto since_epoch =
      std::chrono::duration_cast<std::chrono::milliseconds>(signed_at.time_since_epoch());
  aws_date_time_init_epoch_millis(&config.date,
                                  static_cast<uint64_t>(since_epoch.count()));
  signable_ = aws_signable_new_http_request(runtime_.allocator(), message_);
  const auto* base = reinterpret_cast<const aws_signing_config_base*>(&config);
  return aws_sign_request_aws(runtime_.allocator(), signable_, base, OnSigned, this) == 0
             ? 0
             : aws_last_error();
}

void Attempt::OnSigned(aws_signing_result* result, int error, void* attempt) {
  auto* self = static_cast<Attempt*>(attempt);
  if (error == 0 && aws_apply_signing_result_to_http_request(
                        self->message_, self->runtime_.allocator(), result) != 0) {
    error = aws_last_error();
  }
  if (error == 0 && self->IsCancelled()) error = AWS_ERROR_HTTP_STREAM_CANCELLED;
  if (error != 0) return self->End(error);
  aws_http_connection_manager_acquire_connection(self->access_.route->connections(),
                                                 OnConnection, self);
}

void Attempt::OnConnection(aws_http_connection* connection, int error, void* attempt) {
  auto* self = static_cast<Attempt*>(attempt);
  if (error == 0) error = self->Open(connection);
  if (error != 0) self->End(error);
}

int Attempt::Open(aws_http_connection* connection) {
  aws_http_make_request_options options{};
  options.self_size = sizeof options;
  options.request = message_;
  options.user_data = this;
  options.on_response_headers = [](aws_http_stream* stream, aws_http_header_block block,
                                   const aws_http_header* headers, size_t count,
                                   void* attempt) {
    return OnHeaders(stream, block, headers, count, attempt);
  };
  options.on_response_header_block_done = [](aws_http_stream* stream,
                                             aws_http_header_block block, void* attempt) {
    return OnHeadDone(stream, block, attempt);
  };
  options.on_response_body = OnBody;
  options.on_complete = OnComplete;

  // From here on Cancel finds the stream.
  std::lock_guard lock(mutex_);
  connection_ = connection;
  if (cancelled_) return AWS_ERROR_HTTP_STREAM_CANCELLED;
  auto* stream = aws_http_connection_make_request(connection, &options);
  if (stream == nullptr) return aws_last_error();
  if (aws_http_stream_activate(stream) != 0) {
    aws_http_stream_release(stream);
    // The connection has ended since it was handed out.
    return AWS_ERROR_HTTP_CONNECTION_CLOSED;
  }
  stream_ = stream;
  return 0;
}

int Attempt::OnHeaders(aws_http_stream*, int block, const aws_http_header* headers,
                       size_t count, void* attempt) {
  if (block != AWS_HTTP_HEADER_BLOCK_MAIN) return AWS_OP_SUCCESS;
  auto* self = static_cast<Attempt*>(attempt);
  std::lock_guard lock(self->mutex_);
  for (size_t i = 0; i < count; ++i) NoteHeader(headers[i], &self->head_);
  return AWS_OP_SUCCESS;
}

int Attempt::OnHeadDone(aws_http_stream* stream, int block, void* attempt) {
  if (block != AWS_HTTP_HEADER_BLOCK_MAIN) return AWS_OP_SUCCESS;
  auto* self = static_cast<Attempt*>(attempt);
  std::unique_lock lock(self->mutex_);
  aws_http_stream_get_incoming_response_status(stream, &self->head_.status);
  AnswerHead head = std::move(self->head_);
  lock.unlock();
  self->receiver_.OnHead(std::move(head));
  return AWS_OP_SUCCESS;
}

int Attempt::OnBody(aws_http_stream*, const aws_byte_cursor* bytes, void* attempt) {
  auto* self = static_cast<Attempt*>(attempt);
  return self->receiver_.OnBody(View(*bytes)) ? AWS_OP_SUCCESS
                                              : aws_raise_error(AWS_ERROR_SHORT_BUFFER);
}

void Attempt::OnComplete(aws_http_stream*, int error, void* attempt) {
  static_cast<Attempt*>(attempt)->End(error);
}

void Attempt::Cancel() {
  std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (stream_ == nullptr) return;
  aws_http_stream_cancel_default_error(stream_);
  // A stream after which its connection is to be closed knows no cancelling.
  aws_http_connection_close(connection_);
}

bool Attempt::IsCancelled() {
  std::lock_guard lock(mutex_);
  return cancelled_;
}

void Attempt::End(int error) {
  std::shared_ptr<Attempt> self;
  {
    std::lock_guard lock(mutex_);
    self = std::move(self_);
    aws_http_stream_release(std::exchange(stream_, nullptr));
  }
  // Before the receiver sends the next one, which can go over the same connection.
  if (connection_ != nullptr) {
    aws_http_connection_manager_release_connection(access_.route->connections(),
                                                   connection_);
  }
  aws_signable_destroy(signable_);
  aws_http_message_release(message_);
  access_ = {};
  receiver_.OnEnd(error);
}

}  // namespace s3source::crt
