/// Starts the program of this package with the libraries of this package, the C library
/// and its loader among them: so it runs on any Linux, whatever C library that has, or
/// none. Needs no shell.
///
/// Finds, from its own place: ../lib/cq-source-s3/{loader, cq-source-s3, lib*.so*}. When
/// the package is one file, these are at the end of it; see single_file.h.

#include <sys/auxv.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "launcher/single_file.h"

namespace {

std::string OwnPath() {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  if (size > 0 && size < static_cast<ssize_t>(sizeof(path))) return {path, path + size};
  // Without /proc, as in a bare chroot: as the kernel was asked to start it.
  // NOLINTNEXTLINE(performance-no-int-to-ptr): this value of the vector is an address
  const auto* started = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  if (started == nullptr) return {};
  return realpath(started, path) != nullptr ? path : started;
}

std::string Parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string self = OwnPath();
  std::string error;
  std::string libraries = launcher::UnpackedFolder(self, &error);
  if (libraries.empty() && error.empty()) {
    libraries = Parent(Parent(self)) + "/lib/cq-source-s3";
  }
  if (!error.empty()) {
    std::fprintf(stderr, "cq-source-s3: %s\n", error.c_str());
    return 1;
  }
  std::string loader = libraries + "/loader";
  std::string program = libraries + "/cq-source-s3";
  std::string name = argc > 0 ? argv[0] : "cq-source-s3";
  std::string name_option = "--argv0";
  std::string path_option = "--library-path";
  std::vector<char*> arguments{name.data(),        name_option.data(), name.data(),
                               path_option.data(), libraries.data(),   program.data()};
  arguments.insert(arguments.end(), argv + (argc > 0 ? 1 : 0), argv + argc);
  arguments.push_back(nullptr);
  execv(loader.c_str(), arguments.data());
  std::fprintf(stderr,
               "cq-source-s3: %s: %s; install the whole package, not bin/ alone\n",
               loader.c_str(), std::strerror(errno));
  return 127;
}
