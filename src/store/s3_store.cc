#include "store/s3_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "cloudquery/log/printable.h"
#include "store/fault.h"
#include "store/list_pages.h"
#include "store/list_plan.h"
#include "store/list_xml.h"
#include "store/range_progress.h"
#include "store/s3_client.h"
#include "store/s3_errors.h"
#include "store/s3_uri.h"

namespace s3source {
namespace {

using ReadFuture = arrow::Future<std::shared_ptr<arrow::Buffer>>;

constexpr int kPageKeys = 1000;
/// More are seldom faster, and a server may slow down.
constexpr int64_t kMostLanes = 16;

/// How many pages may be under way. Directory buckets list in no order and know no
/// StartAfter, so that their keys cannot be shared out.
size_t Lanes(const S3Options& options) {
  if (options.bucket.ends_with("--x-s3")) return 1;
  const int64_t connections = options.connections;
  return static_cast<size_t>(connections > 0 ? std::min(connections, kMostLanes)
                                             : kMostLanes);
}

arrow::Status Stopped() { return MakeFault(FaultReason::kCancelled, "stopped"); }

/// That an answer is of the version listed and of the bytes asked for, whatever the
/// server's regard for If-Match and Range.
arrow::Status CheckAnswer(const std::string& bucket, const Object& object,
                          ByteRange range, const S3Reply& reply) {
  const auto name = [&] {
    return fmt::format("s3://{}/{}", bucket, cq::Printable(object.key));
  };
  if (reply.etag.empty()) {
    return MakeFault(
        FaultReason::kObjectUnreadable,
        name() + ": the server did not tell which version it sent (no ETag)");
  }
  if (reply.content_range.empty()) {
    return MakeFault(
        FaultReason::kObjectUnreadable,
        name() + ": the server did not answer with the range that was asked for");
  }
  if (!IsSameTag(reply.etag, object.etag)) {
    return MakeFault(FaultReason::kChanged,
                     name() +
                         ": overwritten after it was listed; the next sync reads the new "
                         "version");
  }
  const std::string expected = fmt::format(
      "bytes {}-{}/{}", range.offset, range.offset + range.length - 1, object.size_bytes);
  if (reply.content_range != expected || reply.bytes != range.length) {
    return MakeFault(
        FaultReason::kObjectUnreadable,
        fmt::format("{}: the server sent {} bytes as \"{}\" where \"{}\" was asked "
                    "for; what stands between here and S3 alters answers",
                    name(), reply.bytes, cq::Printable(reply.content_range, 100),
                    expected));
  }
  return arrow::Status::OK();
}

/// False where something between here and S3 has altered the answer, which may not
/// happen a second time.
bool IsSound(const std::string& bucket, const Object& object, ByteRange range,
             const S3Reply& reply) {
  const auto status = CheckAnswer(bucket, object, range, reply);
  return status.ok() || ReasonOf(status) != FaultReason::kObjectUnreadable;
}

}  // namespace

struct S3Store::Inner {
  Inner(S3Options o, S3Address a, cq::Logger& l)
      : options(std::move(o)), address(std::move(a)), logger(l) {}

  void AskForPage(const ListRequest& request, const std::stop_token& stop,
                  std::function<void(PageAnswer)> done) {
    S3Call call;
    call.operation = "ListObjectsV2";
    call.target = address.ListTarget(request, kPageKeys);
    call.name = request.prefix;
    client->Send(
        std::move(call), stop,
        [this, prefix = request.prefix, done = std::move(done)](S3Reply reply) mutable {
          // Parsed by who waits for it: this thread has other bytes to move.
          done([this, prefix = std::move(prefix), reply = std::move(reply)]() mutable {
            return PageOf(prefix, std::move(reply));
          });
        });
  }

  arrow::Result<ListPage> PageOf(const std::string& prefix, S3Reply reply) {
    if (reply.ok) {
      auto page = ParseListPage(std::move(reply.body));
      if (page.ok()) return page;
      logger.Debug("S3 listing page is broken",
                   {{"bucket", options.bucket}, {"error", page.status().message()}});
      return page;
    }
    if (reply.stopped) return Stopped();
    reply.failure.operation = S3Failure::Operation::kList;
    reply.failure.prefix_or_key = prefix;
    return FaultOf(target, reply.failure);
  }

  S3Options options;
  S3Address address;
  S3Target target{options.bucket,   options.region,  address.url(),
                  address.custom(), options.profile, options.anonymous};
  cq::Logger& logger;
  std::unique_ptr<S3Client> client;
};

arrow::Result<std::unique_ptr<ObjectStore>> S3Store::Open(S3Options options,
                                                          cq::Logger& logger) {
  ARROW_ASSIGN_OR_RAISE(auto address, S3Address::Make(options));
  auto inner = std::make_unique<Inner>(std::move(options), std::move(address), logger);
  ARROW_ASSIGN_OR_RAISE(inner->client, S3Client::Make(inner->options, inner->address,
                                                      inner->target, logger));
  return std::unique_ptr<ObjectStore>(new S3Store(std::move(inner)));
}

S3Store::S3Store(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
S3Store::~S3Store() = default;

const std::string& S3Store::bucket() const { return inner_->options.bucket; }

std::chrono::nanoseconds S3Store::ClockOffset() const {
  return inner_->client->ClockOffset();
}
int64_t S3Store::retries() const { return inner_->client->retries(); }

void S3Store::ObserveRetries(std::function<void(const std::string& key)> told) {
  inner_->client->ObserveRetries(std::move(told));
}

void S3Store::ObserveThrottling(std::function<void()> told) {
  inner_->client->ObserveThrottling(std::move(told));
}

arrow::Status S3Store::List(const std::string& prefix, std::stop_token stop,
                            const PageVisitor& visit) {
  ARROW_RETURN_NOT_OK(inner_->client->AwaitCredentials(stop));
  ListPlan plan(bucket(), prefix, Lanes(inner_->options));
  const auto ask = [this](const ListRequest& request, const std::stop_token& stopped,
                          std::function<void(PageAnswer)> done) {
    inner_->AskForPage(request, stopped, std::move(done));
  };
  return ListPages(std::move(plan), ask, stop, visit);
}

ReadFuture S3Store::Read(const Object& object, ByteRange range, std::stop_token stop) {
  if (auto status = CheckRange(bucket(), object, range); !status.ok()) {
    return ReadFuture::MakeFinished(status);
  }
  if (stop.stop_requested()) return ReadFuture::MakeFinished(Stopped());
  auto allocated = arrow::AllocateBuffer(range.length, inner_->options.pool);
  if (!allocated.ok()) return ReadFuture::MakeFinished(allocated.status());
  std::shared_ptr<arrow::Buffer> buffer = *std::move(allocated);
  if (range.length == 0) return ReadFuture::MakeFinished(std::move(buffer));

  S3Call call;
  call.operation = "GetObject";
  call.target = inner_->address.ObjectTarget(object.key);
  call.name = object.key;
  call.range = range;
  call.if_match = object.etag;
  call.destination = buffer;
  call.is_sound = [&bucket = inner_->options.bucket, object,
                   range](const S3Reply& reply) {
    return IsSound(bucket, object, range, reply);
  };
  auto future = ReadFuture::Make();
  inner_->client->Send(
      std::move(call), stop,
      [inner = inner_.get(), object, range, stop, buffer, future](S3Reply reply) mutable {
        arrow::Status status;
        if (reply.ok) {
          status = CheckAnswer(inner->options.bucket, object, range, reply);
        } else if (reply.stopped || stop.stop_requested()) {
          status = Stopped();
        } else {
          reply.failure.operation = S3Failure::Operation::kRead;
          reply.failure.prefix_or_key = object.key;
          status = FaultOf(inner->target, reply.failure);
        }
        if (status.ok()) {
          future.MarkFinished(std::move(buffer));
        } else {
          buffer.reset();
          future.MarkFinished(status);
        }
      });
  return future;
}

}  // namespace s3source
