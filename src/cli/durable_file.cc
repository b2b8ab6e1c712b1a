#include "cli/durable_file.h"

#include <arrow/result.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "cloudquery/log/printable.h"

namespace s3source {

namespace {

namespace fs = std::filesystem;

arrow::Status Failed(const char* what, const fs::path& path, int error) {
  return arrow::Status::IOError("cannot ", what, " ", cq::Printable(path.string()), ": ",
                                strerror(error));
}

arrow::Status Check(const char* what, const fs::path& path, const std::error_code& code) {
  if (!code) return arrow::Status::OK();
  return arrow::Status::IOError("cannot ", what, " ", cq::Printable(path.string()), ": ",
                                code.message());
}

/// Closes its descriptor; what can fail was checked before by a flush.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

arrow::Status Flush(const Descriptor& descriptor, const fs::path& path) {
  // Some file systems cannot flush a folder and say EINVAL.
  if (fsync(descriptor.number()) == 0 || errno == EINVAL) return arrow::Status::OK();
  return Failed("flush", path, errno);
}

}  // namespace

arrow::Status SyncToDisk(const fs::path& path) {
  const Descriptor descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.number() < 0) return Failed("open", path, errno);
  return Flush(descriptor, path);
}

arrow::Status WriteDurably(const fs::path& path, std::string_view content) {
  const Descriptor descriptor(
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (descriptor.number() < 0) return Failed("write", path, errno);
  while (!content.empty()) {
    const ssize_t written = write(descriptor.number(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", path, errno);
    content.remove_prefix(static_cast<size_t>(written));
  }
  return Flush(descriptor, path);
}

arrow::Status RenameFile(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::rename(from, to, code);
  return Check("move a file to", to, code);
}

arrow::Status MakeFolder(const fs::path& path) {
  std::error_code code;
  if (fs::is_directory(path, code)) return arrow::Status::OK();
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (parent != path) ARROW_RETURN_NOT_OK(MakeFolder(parent));
  fs::create_directory(path, code);
  ARROW_RETURN_NOT_OK(Check("make the folder", path, code));
  if (!fs::is_directory(path, code)) return Failed("make the folder", path, ENOTDIR);
  return SyncToDisk(parent);
}

arrow::Status RemoveAll(const fs::path& path) {
  std::error_code code;
  fs::remove_all(path, code);
  return Check("remove", path, code);
}

arrow::Result<bool> Exists(const fs::path& path) {
  std::error_code code;
  const fs::file_status status = fs::symlink_status(path, code);
  if (status.type() == fs::file_type::not_found) return false;
  ARROW_RETURN_NOT_OK(Check("look at", path, code));
  return true;
}

}  // namespace s3source
