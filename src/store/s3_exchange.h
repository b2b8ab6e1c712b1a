#pragma once

#include <aws/common/byte_buf.h>
#include <aws/s3/s3_client.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <stop_token>

#include "store/range_progress.h"
#include "store/retry_budget.h"
#include "store/s3_client.h"
#include "store/s3_service.h"

namespace s3source {

/// One request under way, with the attempts that the runtime makes of it. Where it is to
/// be made anew (other credentials, another server, the rest of its bytes, later),
/// another exchange goes on in its place. Deletes itself when the runtime is done with
/// it.
class S3Client::Exchange {
 public:
  Exchange(S3Client& client, S3Call call, std::stop_token stop, Done done);

  /// Makes the request after `pause`.
  void Start(std::chrono::milliseconds pause = std::chrono::milliseconds(0));
  /// With the client's mutex held.
  void CancelIfStarted();

 private:
  struct Cancel {
    Exchange* exchange;
    void operator()() const { exchange->OnStop(); }
  };

  void OnStop();
  void Answer(S3Reply reply);

  // The request.
  void Begin();
  aws_s3_meta_request* MakeRequest();
  aws_http_message* MakeMessage() const;

  // What the runtime tells; `exchange` is one.
  static int OnHeaders(aws_s3_meta_request* request, const aws_http_headers* headers,
                       int status, void* exchange);
  static int OnBody(aws_s3_meta_request* request, const aws_byte_cursor* body,
                    uint64_t range_start, void* exchange);
  static void OnProgress(aws_s3_meta_request* request,
                         const aws_s3_meta_request_progress* progress, void* exchange);
  static void OnAttempt(aws_s3_meta_request* request, aws_s3_request_metrics* metrics,
                        void* exchange);
  static void OnFinish(aws_s3_meta_request* request,
                       const aws_s3_meta_request_result* result, void* exchange);
  static void OnShutdown(void* exchange);

  // Attempts.
  // They may come before Begin() knows `request`.
  void NoteAttempt(aws_s3_meta_request* request, const aws_s3_request_metrics* metrics);
  void LogAttempt(const aws_s3_request_metrics* metrics, int status, int error) const;
  bool IsInVain(int error);
  void NoteFailedAttempt(aws_s3_meta_request* request,
                         const aws_s3_request_metrics* metrics, int status, int error);
  void GiveUp(aws_s3_meta_request* request, int error);

  // The end.
  void Fail(int error);
  void Fail(const aws_s3_meta_request_result& result);
  bool IsWorthAnother();
  void HandOn();
  void Finish();
  void LetGo();

  S3Client& client_;
  S3Call call_;
  const std::stop_token stop_;
  Done done_;
  S3Reply reply_;
  RetryBudget budget_;
  std::optional<RangeProgress> progress_;  ///< of a read
  crt::Access access_;
  crt::Forgiven forgiven_;
  std::list<Exchange*>::iterator place_;
  aws_byte_buf received_{};
  int broke_ = 0;  ///< the error by which a body broke off, where it is to be resumed
  bool later_ = false;  ///< to be made anew after a pause
  aws_s3_meta_request* request_ = nullptr;
  bool started_ = false;
  std::atomic<int> holders_ = 2;
  std::atomic<bool> answered_ = false;
  std::atomic<bool> closed_ = false;
  std::optional<std::stop_callback<Cancel>> on_stop_;
};

}  // namespace s3source
