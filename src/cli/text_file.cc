#include "cli/text_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include "cloudquery/log/printable.h"

namespace s3source {

arrow::Result<std::string> ReadTextFile(const std::filesystem::path& path,
                                        int64_t max_bytes) {
  const std::string name = cq::Printable(path.string());
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return arrow::Status::IOError(name, " is a directory, not a file");
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return arrow::Status::IOError("cannot read ", name, ": ", strerror(errno));
  std::string content;
  char chunk[16 << 10];
  while (file.read(chunk, sizeof(chunk)) || file.gcount() > 0) {
    content.append(chunk, static_cast<size_t>(file.gcount()));
    if (static_cast<int64_t>(content.size()) > max_bytes) {
      return arrow::Status::IOError(name, " is larger than ", max_bytes, " bytes");
    }
  }
  if (file.bad())
    return arrow::Status::IOError("cannot read ", name, ": ", strerror(errno));
  return content;
}

}  // namespace s3source
