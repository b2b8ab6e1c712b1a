#pragma once

#include <grpcpp/server_context.h>

#include <stop_token>
#include <thread>

namespace cq {

/// Requests stop when the client of a blocking call goes away or the server shuts down.
/// gRPC's blocking calls do not notify of a cancellation, so one thread looks from time
/// to time.
class CancelWatch {
 public:
  /// `context` must outlive the watch.
  CancelWatch(const grpc::ServerContext& context, std::stop_token shutdown);

  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread thread_;  ///< last member: joined first
};

}  // namespace cq
