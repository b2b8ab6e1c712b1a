#include "store/list_xml.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <utility>

#include "cloudquery/log/printable.h"
#include "store/timestamp.h"

namespace s3source {
namespace {

using arrow::Status;

constexpr size_t kPageKeys = 1000;

/// Of tags and attributes; a page of 1,000 keys has some 20,000. Each costs ten times the
/// memory of the few bytes it may be written in.
constexpr size_t kMostMarks = 200'000;

size_t CountMarks(std::string_view xml) {
  size_t marks = 0;
  char before = 0;
  for (const char c : xml) {
    marks += c == '<' || (before == '=' && (c == '"' || c == '\'')) ? 1 : 0;
    before = c;
  }
  return marks;
}

/// Enough of a wrong value to recognise it.
std::string Shown(std::string_view value) { return cq::Printable(value, 100); }

/// The text of the only child of this name, valid as long as `room` and the document are.
/// Nothing where there is none.
arrow::Result<std::optional<std::string_view>> OptionalText(const pugi::xml_node& parent,
                                                            const char* name,
                                                            std::string& room) {
  const pugi::xml_node node = parent.child(name);
  if (!node) return std::nullopt;
  if (node.next_sibling(name)) return Status::Invalid("<", name, "> twice");
  const pugi::xml_node first = node.first_child();
  if (!first) return std::string_view();
  if (first.type() != pugi::node_element && !first.next_sibling()) {
    return std::string_view(first.value());
  }
  room.clear();
  for (const pugi::xml_node part : node.children()) {
    if (part.type() == pugi::node_element)
      return Status::Invalid("<", name, "> is not text");
    room += part.value();
  }
  return std::string_view(room);
}

arrow::Result<std::string_view> Text(const pugi::xml_node& parent, const char* name,
                                     std::string& room) {
  ARROW_ASSIGN_OR_RAISE(auto text, OptionalText(parent, name, room));
  if (!text) return Status::Invalid("no <", name, "> in <", parent.name(), ">");
  return *text;
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

arrow::Result<std::string> Name(std::string_view text, bool url_encoded) {
  if (url_encoded) return UrlDecoded(text);
  return std::string(text);
}

arrow::Result<Object> ParseContents(const pugi::xml_node& node, bool url_encoded) {
  Object object;
  std::string room;
  ARROW_ASSIGN_OR_RAISE(const auto key, Text(node, "Key", room));
  ARROW_ASSIGN_OR_RAISE(object.key, Name(key, url_encoded));
  if (object.key.empty()) return Status::Invalid("an empty <Key>");
  ARROW_ASSIGN_OR_RAISE(const auto size, Text(node, "Size", room));
  ARROW_ASSIGN_OR_RAISE(object.size_bytes, ParseSize(size));
  ARROW_ASSIGN_OR_RAISE(const auto time, Text(node, "LastModified", room));
  const auto last_modified = ParseTimestamp(time);
  if (!last_modified.ok()) {
    return last_modified.status().WithMessage("<LastModified>: ",
                                              last_modified.status().message());
  }
  object.last_modified = *last_modified;
  ARROW_ASSIGN_OR_RAISE(const auto etag, Text(node, "ETag", room));
  if (etag.empty()) return Status::Invalid("an empty <ETag>");
  object.etag = etag;
  if (etag.find('"') == std::string_view::npos) object.etag = '"' + object.etag + '"';
  ARROW_ASSIGN_OR_RAISE(const auto storage_class,
                        OptionalText(node, "StorageClass", room));
  object.storage_class = storage_class.value_or("");
  return object;
}

arrow::Result<ListPage> ReadPage(const pugi::xml_node& root) {
  std::string room;
  ARROW_ASSIGN_OR_RAISE(const auto encoding, OptionalText(root, "EncodingType", room));
  if (encoding && !encoding->empty() && *encoding != "url") {
    return Status::Invalid("<EncodingType> is \"", Shown(*encoding), "\"");
  }
  const bool url_encoded = encoding == "url";
  ListPage page;
  page.objects.reserve(kPageKeys);
  for (const pugi::xml_node contents : root.children("Contents")) {
    ARROW_ASSIGN_OR_RAISE(auto object, ParseContents(contents, url_encoded));
    page.objects.push_back(std::move(object));
  }
  for (const pugi::xml_node folder : root.children("CommonPrefixes")) {
    ARROW_ASSIGN_OR_RAISE(const auto prefix, Text(folder, "Prefix", room));
    ARROW_ASSIGN_OR_RAISE(page.folders.emplace_back(), Name(prefix, url_encoded));
  }
  ARROW_ASSIGN_OR_RAISE(const auto truncated, Text(root, "IsTruncated", room));
  if (truncated != "true" && truncated != "false") {
    return Status::Invalid("<IsTruncated> is \"", Shown(truncated), "\"");
  }
  if (truncated == "true") {
    ARROW_ASSIGN_OR_RAISE(page.next_token, Text(root, "NextContinuationToken", room));
    if (page.next_token.empty())
      return Status::Invalid("an empty <NextContinuationToken>");
  }
  return page;
}

}  // namespace

arrow::Result<ListPage> ParseListPage(std::string xml) {
  if (xml.find('\0') != std::string::npos) return Status::Invalid("not XML: a zero byte");
  if (CountMarks(xml) > kMostMarks) {
    return Status::Invalid("XML of more than ", kMostMarks, " tags and attributes");
  }
  // Without ws_pcdata_single a key of spaces alone would be read as none.
  constexpr unsigned kFlags =
      pugi::parse_default | pugi::parse_doctype | pugi::parse_ws_pcdata_single;
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer_inplace(xml.data(), xml.size(), kFlags, pugi::encoding_utf8);
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
