#pragma once

#include <arrow/result.h>
#include <aws/common/byte_buf.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

#include "store/s3_options.h"

struct aws_allocator;
struct aws_client_bootstrap;
struct aws_event_loop_group;
struct aws_host_resolver;
struct aws_tls_ctx;

// What the files on the AWS Common Runtime share. Nothing outside of store/ includes
// this.
namespace s3source::crt {

inline aws_byte_cursor Cursor(std::string_view text) {
  return aws_byte_cursor_from_array(text.data(), text.size());
}
inline std::string_view View(const aws_byte_cursor& cursor) {
  return {reinterpret_cast<const char*>(cursor.ptr), cursor.len};
}

/// Counts the parts of the runtime that end in their own time, on threads of theirs.
class Pending {
 public:
  void Begin();
  /// A shutdown callback of the runtime; `pending` is a Pending.
  static void End(void* pending);
  void AwaitNone();

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int count_ = 0;
};

/// The runtime's threads, name resolution and TLS. Destruction ends and awaits them.
class Runtime {
 public:
  static arrow::Result<std::unique_ptr<Runtime>> Make(Environment environment);
  ~Runtime();

  aws_allocator* allocator() const { return allocator_; }
  aws_client_bootstrap* bootstrap() const { return bootstrap_; }
  /// Set up by the first call, as reading certificates takes longer than all else here:
  /// trusts the system's certificate authorities, or those in the file AWS_CA_BUNDLE
  /// names. Null where tls_status() is not OK, or the system has no certificate
  /// authorities at all. Thread-safe.
  aws_tls_ctx* tls();
  /// Why TLS could not be set up; OK as long as nobody asked for it.
  arrow::Status tls_status() const;
  Pending& pending() { return pending_; }

  /// Runs it once, on a thread of the runtime, after `pause`; where the runtime ends
  /// before, then.
  void RunLater(std::chrono::milliseconds pause, std::function<void()> run);

 private:
  explicit Runtime(Environment environment);
  arrow::Status Start();

  const Environment environment_;
  aws_allocator* allocator_ = nullptr;
  Pending pending_;
  aws_event_loop_group* loops_ = nullptr;
  aws_host_resolver* resolver_ = nullptr;
  aws_client_bootstrap* bootstrap_ = nullptr;
  mutable std::mutex mutex_;
  bool tls_asked_for_ = false;
  arrow::Status tls_status_;
  aws_tls_ctx* tls_ = nullptr;
};

/// "AWS_IO_..." and its description, for a message.
arrow::Status CrtError(std::string_view doing, int error);

}  // namespace s3source::crt
