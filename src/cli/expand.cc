#include "cli/expand.h"

#include <functional>
#include <utility>

#include "cli/text_file.h"
#include "cloudquery/log/printable.h"

namespace s3source {

namespace {

constexpr std::string_view kFile = "file:";
constexpr int64_t kMaxFileBytes = 1 << 20;

/// Letters and digits only, so that YAML takes it as part of a plain scalar everywhere.
std::string UnusedMark(std::string_view text) {
  std::string mark = "CQVARIABLE";
  while (text.find(mark) != std::string_view::npos) mark += 'Q';
  return mark;
}

}  // namespace

Variables::Variables(std::string_view text, const Environment& environment)
    : environment_(environment), mark_(UnusedMark(text)) {
  size_t done = 0;
  while (true) {
    const size_t start = text.find("${", done);
    if (start == std::string_view::npos) break;
    const size_t end = text.find_first_of("}\n", start);
    const bool variable =
        end != std::string_view::npos && text[end] == '}' && end > start + 2;
    const size_t next = variable ? end + 1 : start + 2;
    marked_text_ += text.substr(done, start - done);
    if (variable) {
      marked_text_ += mark_ + std::to_string(names_.size()) + "Z";
      names_.emplace_back(text.substr(start + 2, end - start - 2));
    } else {
      marked_text_ += text.substr(start, 2);
    }
    done = next;
  }
  marked_text_ += text.substr(done);
}

bool Variables::Marked(std::string_view text) const {
  return text.find(mark_) != std::string_view::npos;
}

namespace {

/// Calls `replace(number)` for each mark and appends what it gives.
arrow::Result<std::string> ReplaceMarks(
    std::string_view text, const std::string& mark,
    const std::function<arrow::Result<std::string>(size_t)>& replace) {
  std::string filled;
  size_t done = 0;
  for (size_t at = text.find(mark); at != std::string_view::npos;
       at = text.find(mark, done)) {
    filled += text.substr(done, at - done);
    size_t number = 0;
    for (at += mark.size(); at < text.size() && text[at] != 'Z'; ++at) {
      number = number * 10 + static_cast<size_t>(text[at] - '0');
    }
    ARROW_ASSIGN_OR_RAISE(const std::string value, replace(number));
    filled += value;
    done = at + 1;
  }
  if (done < text.size()) filled += text.substr(done);
  return filled;
}

}  // namespace

arrow::Result<std::string> Variables::Fill(std::string_view text) const {
  return ReplaceMarks(text, mark_,
                      [this](size_t number) { return ValueOf(names_.at(number)); });
}

std::string Variables::Unmark(std::string_view text) const {
  return *ReplaceMarks(text, mark_, [this](size_t number) -> arrow::Result<std::string> {
    return "${" + names_.at(number) + "}";
  });
}

arrow::Result<std::string> Variables::ValueOf(const std::string& name) const {
  if (name.starts_with(kFile)) {
    return ReadTextFile(name.substr(kFile.size()), kMaxFileBytes);
  }
  if (auto value = environment_(name)) return *std::move(value);
  return arrow::Status::KeyError("environment variable ", cq::Printable(name),
                                 " is not set; set it, or take ${", cq::Printable(name),
                                 "} out");
}

}  // namespace s3source
