#pragma once

#include <aws/common/byte_buf.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/object.h"
#include "store/s3_service.h"

struct aws_http_connection;
struct aws_http_header;
struct aws_http_message;
struct aws_http_stream;
struct aws_signable;
struct aws_signing_result;

namespace s3source::crt {

/// What is sent. Host and signature come with the server's name and the credentials.
struct HttpRequest {
  std::string method;
  std::string target;  ///< path and query, encoded; it is signed as it stands
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;  ///< outlives the attempt
};

/// The head of an answer, as far as anybody asks for it.
struct AnswerHead {
  int status = 0;  ///< 0: there was no answer
  std::string etag;
  std::string content_range;
  std::string request_id;
  std::string bucket_region;
  /// When it was sent, by the server's clock; S3 tells it in whole seconds.
  std::optional<Timestamp> date;
};

/// A request sent once: signed, over one of the server's connections.
class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  /// What comes of it is told by calls that follow one another, on threads of the runtime
  /// or inside Send.
  class Receiver {
   public:
    /// Perhaps never.
    virtual void OnHead(AnswerHead head) = 0;
    /// The next bytes of the body. False: no more of them are wanted, and the attempt
    /// ends with AWS_ERROR_SHORT_BUFFER.
    virtual bool OnBody(std::string_view bytes) = 0;
    /// The last call: 0 after a whole answer, whatever its status, or the AWS library's
    /// error. Nothing of the attempt is in use any more.
    virtual void OnEnd(int error) = 0;

   protected:
    ~Receiver() = default;
  };

  /// `runtime` outlives the attempt, and so does `receiver` until its last call.
  Attempt(Runtime& runtime, Access access, Receiver& receiver);
  ~Attempt();
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  /// Once. `signed_at` is the time that the signature tells.
  void Send(const HttpRequest& request, Timestamp signed_at);
  /// Ends it, at once where an answer is awaited, else when credentials or a connection
  /// have been got or not; with AWS_ERROR_HTTP_STREAM_CANCELLED if not otherwise.
  /// Thread-safe.
  void Cancel();

 private:
  aws_http_message* MakeMessage(const HttpRequest& request) const;
  int Sign(Timestamp signed_at);
  /// 0, or the library's error.
  int Open(aws_http_connection* connection);
  bool IsCancelled();
  void End(int error);

  static void OnSigned(aws_signing_result* result, int error, void* attempt);
  static void OnConnection(aws_http_connection* connection, int error, void* attempt);
  static int OnHeaders(aws_http_stream* stream, int block, const aws_http_header* headers,
                       size_t count, void* attempt);
  static int OnHeadDone(aws_http_stream* stream, int block, void* attempt);
  static int OnBody(aws_http_stream* stream, const aws_byte_cursor* bytes, void* attempt);
  static void OnComplete(aws_http_stream* stream, int error, void* attempt);

  Runtime& runtime_;
  Access access_;
  Receiver& receiver_;
  std::shared_ptr<Attempt> self_;  ///< from Send to the end
  aws_http_message* message_ = nullptr;
  aws_signable* signable_ = nullptr;
  aws_http_connection* connection_ = nullptr;
  AnswerHead head_;
  std::mutex mutex_;
  bool cancelled_ = false;
  aws_http_stream* stream_ = nullptr;  ///< from its activation to its end
};

}  // namespace s3source::crt
