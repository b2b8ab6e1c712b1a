#include "launcher/single_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace launcher {
namespace {

constexpr char kMagic[] = "cq-source-s3 one file v1";
constexpr size_t kMagicSize = sizeof(kMagic) - 1;
constexpr uint64_t kMaxNameSize = 255;

struct Trailer {
  char magic[kMagicSize];
  uint64_t offset;
  uint64_t files;
  char name[24];
};
static_assert(sizeof(Trailer) == 64);

struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

bool ReadAll(int fd, void* to, size_t size, uint64_t& offset) {
  auto* out = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t got = pread(fd, out, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out += got;
    size -= static_cast<size_t>(got);
    offset += static_cast<uint64_t>(got);
  }
  return true;
}

bool Copy(int from, int to, uint64_t size, uint64_t& offset) {
  while (size > 0) {
    auto position = static_cast<off_t>(offset);
    const size_t part = std::min<uint64_t>(size, 1U << 30);
    const ssize_t sent = sendfile(to, from, &position, part);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    size -= static_cast<uint64_t>(sent);
    offset += static_cast<uint64_t>(sent);
  }
  return true;
}

bool UnpackOne(int from, uint64_t& offset, const std::string& folder) {
  uint64_t name_size = 0;
  if (!ReadAll(from, &name_size, sizeof(name_size), offset)) return false;
  if (name_size == 0 || name_size > kMaxNameSize) return false;
  std::string name(name_size, '\0');
  uint64_t size = 0;
  uint64_t mode = 0;
  if (!ReadAll(from, name.data(), name.size(), offset) ||
      !ReadAll(from, &size, sizeof(size), offset) ||
      !ReadAll(from, &mode, sizeof(mode), offset)) {
    return false;
  }
  if (name.find('/') != std::string::npos || name == "..") return false;
  const Descriptor file{open((folder + "/" + name).c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0755)};
  return file.fd >= 0 && Copy(from, file.fd, size, offset);
}

void Remove(const std::string& folder) {
  DIR* open_folder = opendir(folder.c_str());
  if (open_folder == nullptr) return;
  while (const dirent* entry = readdir(open_folder)) {
    unlinkat(dirfd(open_folder), entry->d_name, 0);
  }
  closedir(open_folder);
  rmdir(folder.c_str());
}

/// Only we, or root, may have made it, and nobody else may write there.
bool IsOurs(const std::string& folder) {
  struct stat found {};
  if (lstat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) return false;
  return (found.st_uid == geteuid() || found.st_uid == 0) && (found.st_mode & 022) == 0;
}

bool Unpack(int from, const Trailer& trailer, const std::string& folder) {
  if (IsOurs(folder)) return true;
  std::string unfinished = folder + ".XXXXXX";
  if (mkdtemp(unfinished.data()) == nullptr) return false;
  bool good = chmod(unfinished.c_str(), 0755) == 0;
  uint64_t offset = trailer.offset;
  for (uint64_t i = 0; good && i < trailer.files; ++i) {
    good = UnpackOne(from, offset, unfinished);
  }
  good = good && rename(unfinished.c_str(), folder.c_str()) == 0;
  const int why = errno;
  if (!good) Remove(unfinished);
  errno = why;
  return good || IsOurs(folder);  // somebody else was faster
}

std::string CacheFolder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  std::string folder;
  if (cache != nullptr && cache[0] == '/') {
    folder = cache;
  } else if (home != nullptr && home[0] == '/') {
    folder = std::string(home) + "/.cache";
  } else {
    return folder;
  }
  mkdir(folder.c_str(), 0700);
  folder += "/cq-source-s3";
  mkdir(folder.c_str(), 0700);
  return IsOurs(folder) ? folder : std::string();
}

}  // namespace

std::string UnpackedFolder(const std::string& executable, std::string* error) {
  const Descriptor self{open(executable.c_str(), O_RDONLY | O_CLOEXEC)};
  const off_t size = self.fd < 0 ? -1 : lseek(self.fd, 0, SEEK_END);
  Trailer trailer{};
  if (size < static_cast<off_t>(sizeof(trailer))) return {};
  uint64_t offset = static_cast<uint64_t>(size) - sizeof(trailer);
  if (!ReadAll(self.fd, &trailer, sizeof(trailer), offset)) return {};
  if (std::memcmp(trailer.magic, kMagic, kMagicSize) != 0) return {};

  const std::string name = "files-" + std::string(trailer.name, sizeof(trailer.name));
  std::vector<std::string> places{executable + "." + name};
  if (const std::string cache = CacheFolder(); !cache.empty()) {
    places.push_back(cache + "/" + name);
  }
  for (const std::string& place : places) {
    if (Unpack(self.fd, trailer, place)) {
      error->clear();
      return place;
    }
    *error += (error->empty() ? "cannot unpack into " : ", nor into ") + place + " (" +
              std::strerror(errno) + ")";
  }
  *error += "; make one of them writable, or set XDG_CACHE_HOME to a folder that is";
  return {};
}

}  // namespace launcher
