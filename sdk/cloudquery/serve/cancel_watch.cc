#include "cloudquery/serve/cancel_watch.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "cloudquery/serve/thread_name.h"

namespace cq {
namespace {

constexpr std::chrono::milliseconds kLookEvery{50};

}  // namespace

CancelWatch::CancelWatch(const grpc::ServerContext& context, std::stop_token shutdown)
    : thread_(
          [this, &context, shutdown = std::move(shutdown)](std::stop_token call_over) {
            NameThisThread("cq-cancel");
            std::mutex mutex;
            std::condition_variable_any never;
            const std::stop_callback wake(shutdown, [this] { stop_.request_stop(); });
            while (!call_over.stop_requested() && !stop_.stop_requested()) {
              std::unique_lock lock(mutex);
              never.wait_for(lock, call_over, kLookEvery, [] { return false; });
              if (context.IsCancelled()) stop_.request_stop();
            }
          }) {}

}  // namespace cq
