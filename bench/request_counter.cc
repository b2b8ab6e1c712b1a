#include "bench/request_counter.h"

#include <algorithm>
#include <charconv>

namespace bench {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

/// The value of a header, whose name is given in lower case; empty when there is none.
std::string Header(std::string_view head, std::string_view name) {
  std::string lower(head);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  });
  const size_t found = lower.find("\r\n" + std::string(name) + ":");
  if (found == std::string::npos) return {};
  const size_t begin = lower.find_first_not_of(' ', found + name.size() + 3);
  return lower.substr(begin, lower.find("\r\n", begin) - begin);
}

/// True for /bucket/key, false for /bucket and /bucket/.
bool NamesObject(std::string_view path) {
  const size_t slash = path.find('/', 1);
  return slash != std::string_view::npos && slash + 1 < path.size();
}

}  // namespace

void RequestCounter::Add(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t skipped = std::min<uint64_t>(body_left_, bytes.size());
    body_left_ -= skipped;
    bytes.remove_prefix(skipped);
    const size_t before = head_.size();
    head_ += bytes;
    const size_t end = head_.find(kEndOfHead);
    if (end == std::string::npos) return;
    bytes.remove_prefix(end + kEndOfHead.size() - before);
    head_.resize(end + 2);
    CountHead(head_);
    head_.clear();
  }
}

void RequestCounter::CountHead(std::string_view head) {
  const std::string length = Header(head, "content-length");
  std::from_chars(length.data(), length.data() + length.size(), body_left_);
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const size_t space = line.find(' ');
  const std::string_view method = line.substr(0, space);
  std::string_view target = line.substr(std::min(space, line.size() - 1) + 1);
  target = target.substr(0, target.find(' '));
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view query = target.substr(path.size());
  if (method == "HEAD") {
    ++counts_.head;
  } else if (method == "GET" && query.find("list-type=") != std::string_view::npos) {
    ++counts_.list;
  } else if (method == "GET" && NamesObject(path)) {
    ++counts_.get;
    if (!Header(head, "range").empty()) ++counts_.ranged;
  } else {
    ++counts_.other;
  }
}

}  // namespace bench
