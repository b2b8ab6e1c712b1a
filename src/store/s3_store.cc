#include "store/s3_store.h"

#include <fmt/format.h>

#include <future>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "cloudquery/log/printable.h"
#include "store/fault.h"
#include "store/list_xml.h"
#include "store/s3_client.h"
#include "store/s3_errors.h"
#include "store/s3_uri.h"

namespace s3source {
namespace {

using ReadFuture = arrow::Future<std::shared_ptr<arrow::Buffer>>;

constexpr int kPageKeys = 1000;
/// How often a page that arrives broken is asked for.
constexpr int kPageAttempts = 3;

arrow::Status Stopped() { return MakeFault(FaultReason::kCancelled, "stopped"); }

std::string_view Unquoted(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag.remove_prefix(1);
    etag.remove_suffix(1);
  }
  return etag;
}

/// That an answer is of the version listed and of the bytes asked for, whatever the
/// server's regard for If-Match and Range.
arrow::Status CheckAnswer(const std::string& bucket, const Object& object,
                          ByteRange range, const S3Reply& reply) {
  const auto name = [&] {
    return fmt::format("s3://{}/{}", bucket, cq::Printable(object.key));
  };
  if (Unquoted(reply.etag) != Unquoted(object.etag)) {
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

}  // namespace

struct S3Store::Inner {
  Inner(S3Options o, S3Address a, cq::Logger& l)
      : options(std::move(o)), address(std::move(a)), logger(l) {}

  /// The answer to one page's request, waited for.
  arrow::Result<std::string> Fetch(const std::string& prefix, const std::string& token,
                                   const std::stop_token& stop) {
    S3Call call;
    call.operation = "ListObjectsV2";
    call.target = address.ListTarget(prefix, token, kPageKeys);
    call.name = prefix;
    // Shared: the one who answers may still be at it when the wait is over.
    auto promise = std::make_shared<std::promise<S3Reply>>();
    client->Send(std::move(call), stop,
                 [promise](S3Reply answer) { promise->set_value(std::move(answer)); });
    S3Reply reply = promise->get_future().get();
    if (reply.ok) return std::move(reply.body);
    if (stop.stop_requested()) return Stopped();
    reply.failure.operation = S3Failure::Operation::kList;
    reply.failure.prefix_or_key = prefix;
    return FaultOf(target, reply.failure);
  }

  arrow::Result<ListPage> FetchPage(const std::string& prefix, const std::string& token,
                                    const std::stop_token& stop) {
    arrow::Status broken;
    for (int attempt = 0; attempt < kPageAttempts; ++attempt) {
      ARROW_ASSIGN_OR_RAISE(const std::string body, Fetch(prefix, token, stop));
      auto page = ParseListPage(body);
      if (page.ok()) return page;
      broken = page.status();
      logger.Debug("S3 listing page is broken",
                   {{"bucket", options.bucket}, {"error", broken.message()}});
    }
    return MakeFault(FaultReason::kBadListing,
                     fmt::format("s3://{}: the server's listing cannot be trusted: {}; "
                                 "check that `endpoint` is "
                                 "an S3 service",
                                 options.bucket, broken.message()));
  }

  S3Options options;
  S3Address address;
  S3Target target{options.bucket, options.region, address.url(), address.custom(),
                  options.profile};
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

arrow::Status S3Store::List(const std::string& prefix, std::stop_token stop,
                            const PageVisitor& visit) {
  ARROW_RETURN_NOT_OK(inner_->client->AwaitCredentials(stop));
  std::unordered_set<std::string> tokens;
  std::string token;
  do {
    ARROW_ASSIGN_OR_RAISE(ListPage page, inner_->FetchPage(prefix, token, stop));
    token = std::move(page.next_token);
    if (!token.empty() && !tokens.insert(token).second) {
      return MakeFault(
          FaultReason::kBadListing,
          fmt::format("s3://{}: the listing does not advance, the server repeats a "
                      "continuation token",
                      bucket()));
    }
    if (!page.objects.empty()) ARROW_RETURN_NOT_OK(visit(std::move(page.objects)));
  } while (!token.empty());
  return arrow::Status::OK();
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
  auto future = ReadFuture::Make();
  inner_->client->Send(
      std::move(call), stop,
      [inner = inner_.get(), object, range, stop, buffer, future](S3Reply reply) mutable {
        arrow::Status status;
        if (reply.ok) {
          status = CheckAnswer(inner->options.bucket, object, range, reply);
        } else if (stop.stop_requested()) {
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
