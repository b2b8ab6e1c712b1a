#include "cloudquery/log/printable.h"

#include <algorithm>

namespace cq {
namespace {

constexpr std::string_view kCutMark = "…";

bool IsContinuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// What the first byte of a character says: the character's length (0: no character begins
// so) and the range of its second byte. The ranges leave out over-long forms, surrogates
// and what is above U+10FFFF.
struct Lead {
  size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

Lead LeadOf(unsigned char byte) {
  if (byte < 0x80) return {.length = 1};
  if (byte < 0xC2) return {};
  if (byte < 0xE0) return {.length = 2};
  if (byte == 0xE0) return {.length = 3, .low = 0xA0};
  if (byte == 0xED) return {.length = 3, .high = 0x9F};
  if (byte < 0xF0) return {.length = 3};
  if (byte == 0xF0) return {.length = 4, .low = 0x90};
  if (byte < 0xF4) return {.length = 4};
  if (byte == 0xF4) return {.length = 4, .high = 0x8F};
  return {};
}

// The bytes of the well-formed UTF-8 character at the start of `text` (not empty), or 0.
size_t CharacterLength(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const Lead lead = LeadOf(at(0));
  if (lead.length > text.size()) return 0;
  for (size_t i = 1; i < lead.length; ++i) {
    if (!IsContinuation(at(i))) return 0;
  }
  if (lead.length > 1 && (at(1) < lead.low || at(1) > lead.high)) return 0;
  return lead.length;
}

// C0 controls and DEL; and what moves a terminal's cursor or turns the direction of text:
// the C1 controls, the line separators and the bidirectional controls.
bool IsUnsafe(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return lead < 0x20 || lead == 0x7F;
  const auto second = static_cast<unsigned char>(character[1]);
  if (character.size() == 2) return lead == 0xC2 && second < 0xA0;
  if (character.size() != 3 || lead != 0xE2) return false;
  const auto third = static_cast<unsigned char>(character[2]);
  return (second == 0x80 &&
          ((third >= 0xA8 && third <= 0xAE) || third == 0x8E || third == 0x8F)) ||
         (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

void AppendEscaped(std::string_view bytes, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
}

}  // namespace

std::string Printable(std::string_view text, size_t max_bytes) {
  std::string out;
  out.reserve(std::min(text.size(), max_bytes));
  size_t cut_at = 0;  // the longest prefix of `out` that leaves room for the mark
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    if (length == 0 || IsUnsafe(character)) {
      AppendEscaped(character, out);
    } else {
      out += character;
    }
    if (out.size() > max_bytes) {
      out.resize(cut_at);
      if (max_bytes >= kCutMark.size()) out += kCutMark;
      return out;
    }
    if (out.size() + kCutMark.size() <= max_bytes) cut_at = out.size();
    text.remove_prefix(character.size());
  }
  return out;
}

}  // namespace cq
