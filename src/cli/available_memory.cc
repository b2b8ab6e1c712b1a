#include "cli/available_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace s3source {

namespace {

namespace fs = std::filesystem;

constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

/// kUnlimited for "max", and where there is no such file.
int64_t NumberIn(const fs::path& file) {
  std::ifstream stream(file);
  int64_t number = 0;
  return stream >> number && number > 0 ? number : kUnlimited;
}

int64_t MachineBytes(const fs::path& root) {
  std::ifstream stream(root / "proc/meminfo");
  std::string name;
  int64_t kib = 0;
  while (stream >> name >> kib) {
    if (name == "MemTotal:") return kib > 0 ? kib << 10 : kUnlimited;
    stream.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return kUnlimited;
}

/// The least of the files named `name` in the group's folder and all above it, down to
/// `mount`. In a container the path may be that of the host, of which only the mount
/// itself can be seen: it is then the container's group.
int64_t LeastLimit(const fs::path& mount, const fs::path& group, const char* name) {
  int64_t least = NumberIn(mount / name);
  fs::path folder = mount;
  for (const fs::path& part : group.relative_path()) {
    if (part == "..") return least;
    folder /= part;
    least = std::min(least, NumberIn(folder / name));
  }
  return least;
}

bool Lists(const std::string& controllers, const std::string& name) {
  std::istringstream stream(controllers);
  for (std::string one; std::getline(stream, one, ',');) {
    if (one == name) return true;
  }
  return false;
}

/// The lines of /proc/self/cgroup are hierarchy:controllers:path; version 2 has the
/// hierarchy 0 and no controllers.
int64_t GroupBytes(const fs::path& root) {
  const fs::path mount = root / "sys/fs/cgroup";
  int64_t least = kUnlimited;
  std::ifstream stream(root / "proc/self/cgroup");
  for (std::string line; std::getline(stream, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      least = std::min(least, LeastLimit(mount, group, "memory.max"));
    } else if (Lists(controllers, "memory")) {
      least =
          std::min(least, LeastLimit(mount / "memory", group, "memory.limit_in_bytes"));
    }
  }
  return least;
}

/// The lines of /proc/self/limits are the limit's name in 26 columns, soft, hard, unit.
int64_t ProcessBytes(const fs::path& root) {
  int64_t least = kUnlimited;
  std::ifstream stream(root / "proc/self/limits");
  for (std::string line; std::getline(stream, line);) {
    const bool memory = line.starts_with("Max data size ") ||
                        line.starts_with("Max address space ") ||
                        line.starts_with("Max resident set ");
    if (!memory) continue;
    int64_t soft = 0;
    if (std::istringstream(line.substr(std::min<size_t>(26, line.size()))) >> soft &&
        soft > 0) {
      least = std::min(least, soft);
    }
  }
  return least;
}

}  // namespace

int64_t AvailableMemory(const fs::path& root) {
  const int64_t bytes =
      std::min({MachineBytes(root), GroupBytes(root), ProcessBytes(root)});
  return bytes == kUnlimited ? 0 : bytes;
}

}  // namespace s3source
