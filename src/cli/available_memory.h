#pragma once

#include <cstdint>
#include <filesystem>

namespace s3source {

/// The memory that this process may use at most, in bytes: that of the machine, or less
/// when its control group (version 2 or 1), one above it, or the process itself (`ulimit`
/// -d, -m or -v; the second is one that Linux only keeps) has a limit. 0 when nothing is
/// known. Reads /proc and /sys/fs/cgroup under `root`, which is "/" but in tests; what is
/// missing or unreadable there sets no limit.
int64_t AvailableMemory(const std::filesystem::path& root);

}  // namespace s3source
