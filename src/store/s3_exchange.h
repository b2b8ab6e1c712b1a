#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>

#include "store/range_progress.h"
#include "store/retry_budget.h"
#include "store/s3_attempt.h"
#include "store/s3_client.h"
#include "store/s3_service.h"

namespace s3source {

/// One request under way, with all attempts at it: with other credentials, at another
/// server, for the rest of its bytes, later. The client holds it until it has ended.
class S3Client::Exchange final : public crt::Attempt::Receiver,
                                 public std::enable_shared_from_this<Exchange> {
 public:
  using Place = std::list<std::shared_ptr<Exchange>>::iterator;

  Exchange(S3Client& client, S3Call call, std::stop_token stop, Done done);

  /// `place` is where the client holds it.
  void Start(Place place);
  /// Ends what is under way. Thread-safe.
  void Cancel();

  void OnHead(crt::AnswerHead head) override;
  bool OnBody(std::string_view bytes) override;
  void OnEnd(int error) override;

 private:
  struct Stop {
    Exchange* exchange;
    void operator()() const { exchange->OnStop(); }
  };
  enum class Next { kNothing, kAtOnce, kLater };

  void OnStop();
  void Answer(S3Reply reply);
  void Try();
  crt::HttpRequest MakeRequest() const;

  // The end of an attempt.
  void NoteAttempt(int error);
  void LogAttempt(int error) const;
  void Fail(int error);
  Next Decide();
  Next DecideAfterBreak();
  void Finish();

  S3Client& client_;
  S3Call call_;
  const std::stop_token stop_;
  Done done_;
  Place place_;
  RetryBudget budget_;
  crt::Forgiven forgiven_;
  std::optional<RangeProgress> progress_;  ///< of a read
  int64_t attempts_ = 0;

  // Of the attempt under way.
  crt::Access access_;
  crt::AnswerHead head_;
  S3Reply reply_;
  bool enough_ = false;  ///< more came than is of use; the rest was not waited for
  std::chrono::steady_clock::time_point began_;

  std::mutex mutex_;
  std::shared_ptr<crt::Attempt> attempt_;
  std::atomic<bool> answered_ = false;
  std::optional<std::stop_callback<Stop>> on_stop_;
};

}  // namespace s3source
