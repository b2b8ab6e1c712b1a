#include "store/aws_crt.h"

#include <aws/auth/auth.h>
#include <aws/common/allocator.h>
#include <aws/common/error.h>
#include <aws/common/task_scheduler.h>
#include <aws/http/http.h>
#include <aws/io/channel_bootstrap.h>
#include <aws/io/event_loop.h>
#include <aws/io/host_resolver.h>
#include <aws/io/tls_channel_handler.h>
#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "cloudquery/log/printable.h"

namespace s3source::crt {
namespace {

/// The runtime's tables are process-wide and not counted: with one user's clean-up
/// another one would lose them. So they are set up once and stay; they hold no threads
/// and no connections.
void InitLibrary() {
  static const bool done = [] {
    aws_auth_library_init(aws_default_allocator());
    aws_http_library_init(aws_default_allocator());
    return true;
  }();
  static_cast<void>(done);
}

/// Network threads only move bytes (and decrypt): few do for many cores.
uint16_t LoopCount() {
  return static_cast<uint16_t>(
      std::clamp(std::thread::hardware_concurrency() / 2, 1U, 8U));
}

struct Later {
  aws_task task{};
  std::function<void()> run;

  static void Run(aws_task*, void* later, aws_task_status) {
    const std::unique_ptr<Later> self(static_cast<Later*>(later));
    self->run();
  }
};

arrow::Result<aws_tls_ctx*> MakeTls(aws_allocator* allocator,
                                    const Environment& environment) {
  aws_tls_ctx_options options;
  aws_tls_ctx_options_init_default_client(&options, allocator);
  const auto bundle = VariableOf(environment, "AWS_CA_BUNDLE");
  arrow::Status status;
  if (bundle && aws_tls_ctx_options_override_default_trust_store_from_path(
                    &options, nullptr, bundle->c_str()) != 0) {
    status = arrow::Status::Invalid(fmt::format(
        "environment variable AWS_CA_BUNDLE: cannot read {}", cq::Printable(*bundle)));
  }
  aws_tls_ctx* tls = status.ok() ? aws_tls_client_ctx_new(allocator, &options) : nullptr;
  aws_tls_ctx_options_clean_up(&options);
  ARROW_RETURN_NOT_OK(status);
  if (tls == nullptr && bundle) {
    return arrow::Status::Invalid(
        fmt::format("environment variable AWS_CA_BUNDLE: {} has no usable certificates",
                    cq::Printable(*bundle)));
  }
  return tls;
}

}  // namespace

void Pending::Begin() {
  std::lock_guard lock(mutex_);
  ++count_;
}

void Pending::End(void* pending) {
  auto* self = static_cast<Pending*>(pending);
  std::lock_guard lock(self->mutex_);
  --self->count_;
  // Notified under the lock: the waiter may destroy *self as soon as it gets it.
  self->none_.notify_all();
}

void Pending::AwaitNone() {
  std::unique_lock lock(mutex_);
  none_.wait(lock, [this] { return count_ == 0; });
}

arrow::Result<std::unique_ptr<Runtime>> Runtime::Make(Environment environment) {
  InitLibrary();
  std::unique_ptr<Runtime> runtime(new Runtime(std::move(environment)));
  ARROW_RETURN_NOT_OK(runtime->Start());
  return runtime;
}

Runtime::Runtime(Environment environment)
    : environment_(std::move(environment)), allocator_(aws_default_allocator()) {}

aws_tls_ctx* Runtime::tls() {
  std::lock_guard lock(mutex_);
  if (!std::exchange(tls_asked_for_, true)) {
    tls_status_ = MakeTls(allocator_, environment_).Value(&tls_);
  }
  return tls_;
}

arrow::Status Runtime::tls_status() const {
  std::lock_guard lock(mutex_);
  return tls_status_;
}

arrow::Status Runtime::Start() {
  const aws_shutdown_callback_options ended{Pending::End, &pending_};
  aws_event_loop_group_options loop_options{};
  loop_options.loop_count = LoopCount();
  loop_options.shutdown_options = &ended;
  loops_ = aws_event_loop_group_new(allocator_, &loop_options);
  if (loops_ == nullptr) return CrtError("starting network threads", aws_last_error());
  pending_.Begin();

  aws_host_resolver_default_options resolver_options{};
  resolver_options.el_group = loops_;
  resolver_options.max_entries = 16;
  resolver_options.shutdown_options = &ended;
  resolver_ = aws_host_resolver_new_default(allocator_, &resolver_options);
  if (resolver_ == nullptr) return CrtError("starting name resolution", aws_last_error());
  pending_.Begin();

  aws_client_bootstrap_options bootstrap_options{};
  bootstrap_options.event_loop_group = loops_;
  bootstrap_options.host_resolver = resolver_;
  bootstrap_options.on_shutdown_complete = Pending::End;
  bootstrap_options.user_data = &pending_;
  bootstrap_ = aws_client_bootstrap_new(allocator_, &bootstrap_options);
  if (bootstrap_ == nullptr) return CrtError("starting the network", aws_last_error());
  pending_.Begin();
  return arrow::Status::OK();
}

void Runtime::RunLater(std::chrono::milliseconds pause, std::function<void()> run) {
  auto later = std::make_unique<Later>();
  later->run = std::move(run);
  aws_task_init(&later->task, Later::Run, later.get(), "run_later");
  aws_event_loop* loop = aws_event_loop_group_get_next_loop(loops_);
  uint64_t now = 0;
  aws_event_loop_current_clock_time(loop, &now);
  const std::chrono::nanoseconds nanoseconds = pause;
  aws_event_loop_schedule_task_future(loop, &later.release()->task,
                                      now + static_cast<uint64_t>(nanoseconds.count()));
}

Runtime::~Runtime() {
  aws_client_bootstrap_release(bootstrap_);
  aws_host_resolver_release(resolver_);
  aws_event_loop_group_release(loops_);
  aws_tls_ctx_release(tls_);
  pending_.AwaitNone();
}

arrow::Status CrtError(std::string_view doing, int error) {
  return arrow::Status::IOError(
      fmt::format("{}: {} ({})", doing, aws_error_str(error), aws_error_name(error)));
}

}  // namespace s3source::crt
