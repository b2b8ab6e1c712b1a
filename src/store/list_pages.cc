#include "store/list_pages.h"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "store/fault.h"

namespace s3source {
namespace {

/// How often a page that arrives broken is asked for.
constexpr int kAttempts = 3;

/// The answers that have arrived. Shared with those who answer, who may still be at it
/// when the last answer was taken.
class Arrivals {
 public:
  void Put(int64_t id, PageAnswer answer) {
    {
      std::lock_guard lock(mutex_);
      answers_.emplace_back(id, std::move(answer));
    }
    some_.notify_one();
  }

  std::vector<std::pair<int64_t, PageAnswer>> AwaitSome() {
    std::unique_lock lock(mutex_);
    some_.wait(lock, [this] { return !answers_.empty(); });
    return std::exchange(answers_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable some_;
  std::vector<std::pair<int64_t, PageAnswer>> answers_;
};

class Listing {
 public:
  Listing(ListPlan plan, const AskForPage& ask, const PageVisitor& visit)
      : plan_(std::move(plan)), ask_(ask), visit_(visit) {}

  arrow::Status Run(const std::stop_token& stop) {
    const std::stop_callback on_stop(stop, [this] { end_.request_stop(); });
    arrow::Status status;
    while (status.ok() && !plan_.done()) {
      if (stop.stop_requested()) {
        status = MakeFault(FaultReason::kCancelled, "stopped");
        break;
      }
      AskForAll();
      status = TakeSome();
    }
    end_.request_stop();
    while (under_way_ > 0) under_way_ -= arrivals_->AwaitSome().size();
    return status;
  }

 private:
  struct Asked {
    ListRequest request;
    int attempts = 0;
  };

  void AskForAll() {
    while (auto ticket = plan_.Next()) {
      asked_[ticket->id].request = std::move(ticket->request);
      Ask(ticket->id);
    }
  }

  void Ask(int64_t id) {
    Asked& asked = asked_.at(id);
    ++asked.attempts;
    ++under_way_;
    ask_(asked.request, end_.get_token(), [arrivals = arrivals_, id](PageAnswer answer) {
      arrivals->Put(id, std::move(answer));
    });
  }

  arrow::Status TakeSome() {
    auto some = arrivals_->AwaitSome();
    under_way_ -= some.size();
    for (auto& [id, answer] : some) {
      ARROW_RETURN_NOT_OK(Take(id, answer()));
      // So that a page's memory goes before the next page comes.
      answer = nullptr;
    }
    return arrow::Status::OK();
  }

  arrow::Status Take(int64_t id, arrow::Result<ListPage> page) {
    const arrow::Status& status = page.status();
    if (status.ok()) {
      asked_.erase(id);
      ARROW_ASSIGN_OR_RAISE(auto objects, plan_.Take(id, *std::move(page)));
      return objects.empty() ? arrow::Status::OK() : visit_(std::move(objects));
    }
    if (end_.stop_requested()) return MakeFault(FaultReason::kCancelled, "stopped");
    if (!HasFault(status) && asked_.at(id).attempts < kAttempts) {
      Ask(id);
      return arrow::Status::OK();
    }
    if (plan_.IsHint(id)) {
      plan_.Forget(id);
      return arrow::Status::OK();
    }
    if (HasFault(status)) return status;
    return plan_.BadListing(
        "the server's listing cannot be trusted: " + status.message() +
        "; check that `endpoint` is an S3 service");
  }

  ListPlan plan_;
  const AskForPage& ask_;
  const PageVisitor& visit_;
  std::stop_source end_;
  std::shared_ptr<Arrivals> arrivals_ = std::make_shared<Arrivals>();
  std::map<int64_t, Asked> asked_;
  size_t under_way_ = 0;
};

}  // namespace

arrow::Status ListPages(ListPlan plan, const AskForPage& ask, const std::stop_token& stop,
                        const PageVisitor& visit) {
  return Listing(std::move(plan), ask, visit).Run(stop);
}

}  // namespace s3source
