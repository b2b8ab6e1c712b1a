#include "cli/available_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace s3source {
namespace {

constexpr char kMachine[] =
    "MemFree:  1000 kB\nMemTotal:       8388608 kB\nHugePages_Total:   0\n";
constexpr int64_t kMachineBytes = int64_t{8} << 30;

TEST(AvailableMemory, IsTheLeastThatMachineOrGroupsAllow) {
  using Files = std::vector<std::pair<std::string, std::string>>;
  const struct {
    std::string name;
    Files files;
    int64_t bytes;
  } cases[] = {
      {"nothing is known", {}, 0},
      {"the machine alone", {{"proc/meminfo", kMachine}}, kMachineBytes},
      {"version 2, in a container",
       {{"proc/meminfo", kMachine},
        {"proc/self/cgroup", "0::/\n"},
        {"sys/fs/cgroup/memory.max", "536870912\n"}},
       512 << 20},
      {"version 2, no limit",
       {{"proc/meminfo", kMachine},
        {"proc/self/cgroup", "0::/a\n"},
        {"sys/fs/cgroup/a/memory.max", "max\n"}},
       kMachineBytes},
      {"version 2, a parent's limit",
       {{"proc/meminfo", kMachine},
        {"proc/self/cgroup", "0::/a b/c/d\n"},
        {"sys/fs/cgroup/a b/memory.max", "300\n"},
        {"sys/fs/cgroup/a b/c/memory.max", "max\n"},
        {"sys/fs/cgroup/a b/c/d/memory.max", "400\n"},
        {"sys/fs/cgroup/x/memory.max", "1\n"}},
       300},
      {"version 2, more than the machine has",
       {{"proc/meminfo", kMachine},
        {"proc/self/cgroup", "0::/a\n"},
        {"sys/fs/cgroup/a/memory.max", "99999999999999\n"}},
       kMachineBytes},
      {"version 2, moved out of the namespace",
       {{"proc/meminfo", kMachine},
        {"proc/self/cgroup", "0::/../../b\n"},
        {"sys/fs/cgroup/memory.max", "500\n"},
        {"sys/memory.max", "1\n"}},
       500},
      {"version 1",
       {{"proc/meminfo", kMachine},
        {"proc/self/cgroup", "5:devices:/a\n4:cpu,memory:/a/b\n1:name=systemd:/\n0::/\n"},
        {"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
        {"sys/fs/cgroup/memory/a/memory.limit_in_bytes", "700\n"},
        {"sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "800\n"}},
       700},
      {"version 1, in a container that shows the host's path",
       {{"proc/meminfo", kMachine},
        {"proc/self/cgroup", "4:memory:/docker/0123\n"},
        {"sys/fs/cgroup/memory/memory.limit_in_bytes", "600\n"}},
       600},
      {"the process's own",
       {{"proc/meminfo", kMachine},
        {"proc/self/limits",
         "Limit                     Soft Limit           Hard Limit           Units     "
         "\n"
         "Max cpu time              5                    unlimited            seconds   "
         "\n"
         "Max data size             900                  unlimited            bytes     "
         "\n"
         "Max address space         unlimited            unlimited            bytes     "
         "\n"}},
       900},
      {"the process's address space",
       {{"proc/meminfo", kMachine},
        {"proc/self/limits",
         "Max data size             900                  900                  bytes     "
         "\n"
         "Max address space         800                  unlimited            bytes     "
         "\n"}},
       800},
      {"the process's resident memory",
       {{"proc/meminfo", kMachine},
        {"proc/self/limits",
         "Max data size             900                  900                  bytes     "
         "\n"
         "Max resident set          700                  unlimited            bytes     "
         "\n"}},
       700},
      {"the process's limits cut off",
       {{"proc/meminfo", kMachine}, {"proc/self/limits", "Max data size \n"}},
       kMachineBytes},
      {"not what it should be",
       {{"proc/meminfo", "MemTotal: lots\n"},
        {"proc/self/cgroup", "memory\n0::/a\n:\n"},
        {"sys/fs/cgroup/a/memory.max", "-5\n"}},
       0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const std::filesystem::path root =
        std::filesystem::path(::testing::TempDir()) / "available_memory";
    std::filesystem::remove_all(root);
    for (const auto& [path, text] : c.files) {
      std::filesystem::create_directories((root / path).parent_path());
      std::ofstream(root / path) << text;
    }
    EXPECT_EQ(AvailableMemory(root), c.bytes);
    std::filesystem::remove_all(root);
  }
}

TEST(AvailableMemory, IsKnownHere) { EXPECT_GT(AvailableMemory("/"), 16 << 20); }

}  // namespace
}  // namespace s3source
