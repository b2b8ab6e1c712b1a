#include "store/list_xml.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <utility>

#include "cloudquery/log/printable.h"

namespace s3source {
namespace {

using arrow::Status;

/// Enough of a wrong value to recognise it.
std::string Shown(std::string_view value) { return cq::Printable(value, 100); }

/// The text of the only child of this name. Nothing where there is none.
arrow::Result<std::optional<std::string>> OptionalText(const pugi::xml_node& parent,
                                                       const char* name) {
  const pugi::xml_node node = parent.child(name);
  if (!node) return std::nullopt;
  if (node.next_sibling(name)) return Status::Invalid("<", name, "> twice");
  std::string text;
  for (const pugi::xml_node part : node.children()) {
    if (part.type() == pugi::node_element)
      return Status::Invalid("<", name, "> is not text");
    text += part.value();
  }
  return text;
}

arrow::Result<std::string> Text(const pugi::xml_node& parent, const char* name) {
  ARROW_ASSIGN_OR_RAISE(auto text, OptionalText(parent, name));
  if (!text) return Status::Invalid("no <", name, "> in <", parent.name(), ">");
  return *std::move(text);
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The encoding of encoding-type=url, in which '+' is a space.
arrow::Result<std::string> UrlDecoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return Status::Invalid("bad escape in the key ", Shown(text));
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

arrow::Result<int64_t> ParseSize(std::string_view text) {
  int64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size < 0) {
    return Status::Invalid("<Size> is \"", Shown(text), "\"");
  }
  return size;
}

/// Takes `width` digits off the front, and the mark behind them unless it is 0.
std::optional<int> TakeNumber(std::string_view& text, size_t width, char mark) {
  if (text.size() < width + (mark != 0)) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  if (mark != 0 && text[width] != mark) return std::nullopt;
  text.remove_prefix(width + (mark != 0));
  return value;
}

/// YYYY-MM-DDThh:mm:ss, a fraction of up to nine digits or none, Z.
std::optional<Timestamp> ParseTime(std::string_view text) {
  const auto year = TakeNumber(text, 4, '-');
  const auto month = year ? TakeNumber(text, 2, '-') : std::nullopt;
  const auto day = month ? TakeNumber(text, 2, 'T') : std::nullopt;
  const auto hour = day ? TakeNumber(text, 2, ':') : std::nullopt;
  const auto minute = hour ? TakeNumber(text, 2, ':') : std::nullopt;
  const auto second = minute ? TakeNumber(text, 2, 0) : std::nullopt;
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(*year), std::chrono::month(*month), std::chrono::day(*day)};
  // Beyond these years nanoseconds do not fit 64 bits.
  if (!date.ok() || *year < 1700 || *year > 2200) return std::nullopt;
  int64_t nanoseconds = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    int64_t unit = 100'000'000;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9' && unit > 0) {
      nanoseconds += (text.front() - '0') * unit;
      unit /= 10;
      text.remove_prefix(1);
    }
    if (unit == 100'000'000) return std::nullopt;
  }
  if (text != "Z") return std::nullopt;
  return Timestamp(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
         std::chrono::nanoseconds(nanoseconds);
}

arrow::Result<Object> ParseContents(const pugi::xml_node& node, bool url_encoded) {
  Object object;
  ARROW_ASSIGN_OR_RAISE(object.key, Text(node, "Key"));
  if (url_encoded) {
    ARROW_ASSIGN_OR_RAISE(object.key, UrlDecoded(object.key));
  }
  if (object.key.empty()) return Status::Invalid("an empty <Key>");
  ARROW_ASSIGN_OR_RAISE(const std::string size, Text(node, "Size"));
  ARROW_ASSIGN_OR_RAISE(object.size_bytes, ParseSize(size));
  ARROW_ASSIGN_OR_RAISE(const std::string time, Text(node, "LastModified"));
  const auto last_modified = ParseTime(time);
  if (!last_modified) return Status::Invalid("<LastModified> is \"", Shown(time), "\"");
  object.last_modified = *last_modified;
  ARROW_ASSIGN_OR_RAISE(object.etag, Text(node, "ETag"));
  if (object.etag.empty()) return Status::Invalid("an empty <ETag>");
  if (object.etag.find('"') == std::string::npos) object.etag = '"' + object.etag + '"';
  ARROW_ASSIGN_OR_RAISE(auto storage_class, OptionalText(node, "StorageClass"));
  object.storage_class = std::move(storage_class).value_or("");
  return object;
}

arrow::Result<ListPage> ReadPage(const pugi::xml_node& root) {
  ARROW_ASSIGN_OR_RAISE(const auto encoding, OptionalText(root, "EncodingType"));
  if (encoding && !encoding->empty() && *encoding != "url") {
    return Status::Invalid("<EncodingType> is \"", Shown(*encoding), "\"");
  }
  ListPage page;
  for (const pugi::xml_node contents : root.children("Contents")) {
    ARROW_ASSIGN_OR_RAISE(auto object, ParseContents(contents, encoding == "url"));
    page.objects.push_back(std::move(object));
  }
  for (const pugi::xml_node folder : root.children("CommonPrefixes")) {
    ARROW_ASSIGN_OR_RAISE(std::string prefix, Text(folder, "Prefix"));
    if (encoding == "url") {
      ARROW_ASSIGN_OR_RAISE(prefix, UrlDecoded(prefix));
    }
    page.folders.push_back(std::move(prefix));
  }
  ARROW_ASSIGN_OR_RAISE(const std::string truncated, Text(root, "IsTruncated"));
  if (truncated != "true" && truncated != "false") {
    return Status::Invalid("<IsTruncated> is \"", Shown(truncated), "\"");
  }
  if (truncated == "true") {
    ARROW_ASSIGN_OR_RAISE(page.next_token, Text(root, "NextContinuationToken"));
    if (page.next_token.empty())
      return Status::Invalid("an empty <NextContinuationToken>");
  }
  return page;
}

}  // namespace

arrow::Result<ListPage> ParseListPage(std::string_view xml) {
  if (xml.find('\0') != std::string_view::npos)
    return Status::Invalid("not XML: a zero byte");
  // Without ws_pcdata_single a key of spaces alone would be read as none.
  constexpr unsigned kFlags =
      pugi::parse_default | pugi::parse_doctype | pugi::parse_ws_pcdata_single;
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(xml.data(), xml.size(), kFlags, pugi::encoding_utf8);
  if (!parsed) {
    return Status::Invalid(fmt::format("not whole XML: {} at byte {} of {}",
                                       parsed.description(), parsed.offset, xml.size()));
  }
  for (const pugi::xml_node node : document.children()) {
    if (node.type() == pugi::node_doctype)
      return Status::Invalid("XML with a document type");
  }
  const pugi::xml_node root = document.document_element();
  if (std::string_view(root.name()) != "ListBucketResult") {
    return Status::Invalid("the root element is <", Shown(root.name()),
                           ">, not <ListBucketResult>");
  }
  return ReadPage(root);
}

}  // namespace s3source
