#include "catalog/table_name.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace s3source {
namespace {

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// `directory` as Go's path.Clean leaves it, but for the slash in front: no empty and no
/// `.` elements, and `..` taken together with the element before it.
std::vector<std::string_view> CleanElements(std::string_view directory) {
  const bool rooted = directory.starts_with('/');
  std::vector<std::string_view> elements;
  size_t begin = 0;
  while (begin <= directory.size()) {
    const size_t end = std::min(directory.find('/', begin), directory.size());
    const std::string_view element = directory.substr(begin, end - begin);
    begin = end + 1;
    if (element.empty() || element == ".") continue;
    const bool climbs = element == "..";
    if (climbs && !elements.empty() && elements.back() != "..") {
      elements.pop_back();
    } else if (!climbs || !rooted) {
      elements.push_back(element);
    }
  }
  return elements;
}

/// The directory with its last slash, as it is written.
std::string_view Directory(std::string_view key) {
  return key.substr(0, key.rfind('/') + 1);  // npos + 1 is 0
}

/// Whether the file's name counts: Go's path.Dir is then "." (and not "/").
bool IsAtRoot(std::string_view directory) {
  return !directory.starts_with('/') && CleanElements(directory).empty();
}

std::string_view WithoutExtension(std::string_view file_name) {
  return file_name.substr(0, file_name.rfind('.'));  // npos takes all
}

void AppendWords(std::string_view text, std::string& name) {
  bool in_word = false;
  for (const char c : text) {
    const bool was_in_word = in_word;
    in_word = IsAlphanumeric(c);
    if (!in_word) continue;
    if (!was_in_word && !name.empty()) name += '_';
    name += c;
  }
}

}  // namespace

std::string TableName(std::string_view key) {
  std::string name;
  if (key.ends_with('/')) {
    AppendWords(key, name);
    return name;
  }
  const std::string_view directory = Directory(key);
  if (IsAtRoot(directory)) {
    AppendWords(WithoutExtension(key.substr(directory.size())), name);
    return name;
  }
  for (const std::string_view element : CleanElements(directory))
    AppendWords(element, name);
  return name;
}

std::string_view TableOrigin(std::string_view key) {
  const std::string_view directory = Directory(key);
  return key.ends_with('/') || IsAtRoot(directory) ? key : directory;
}

}  // namespace s3source
