#include "store/key_shape.h"

#include <algorithm>
#include <bitset>
#include <cmath>
#include <cstdint>

namespace s3source {
namespace {

/// Guesses need no more of a key.
constexpr size_t kMaxPositions = 256;
/// A number that counted up to 999 may go on to 99999 and is taken to: so many digits in
/// front of the first that changes.
constexpr int kWidenedDigits = 2;
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdef";

size_t CommonPrefix(std::string_view left, std::string_view right) {
  return static_cast<size_t>(
      std::mismatch(left.begin(), left.end(), right.begin(), right.end()).first -
      left.begin());
}

bool IsOf(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

/// Length of the character that `lead` begins; 0 where none can.
size_t CharacterSize(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool IsCharacter(std::string_view c) {
  if (!std::all_of(c.begin() + 1, c.end(), IsContinuation)) return false;
  if (c.size() < 3) return true;
  const auto lead = static_cast<unsigned char>(c[0]);
  const auto second = static_cast<unsigned char>(c[1]);
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  return !(lead == 0xE0 && second < 0xA0) && !(lead == 0xED && second > 0x9F) &&
         !(lead == 0xF0 && second < 0x90) && !(lead == 0xF4 && second > 0x8F);
}

}  // namespace

std::optional<std::string> WholeUtf8(std::string text) {
  for (size_t i = 0; i < text.size();) {
    const size_t size = CharacterSize(static_cast<unsigned char>(text[i]));
    if (size == 0) return std::nullopt;
    if (i + size > text.size()) {
      if (!std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i) + 1, text.end(),
                       IsContinuation)) {
        return std::nullopt;
      }
      text.resize(i);
      return text;
    }
    if (!IsCharacter(std::string_view(text).substr(i, size))) return std::nullopt;
    i += size;
  }
  return text;
}

KeyShape::KeyShape(const std::vector<Object>& page)
    : first_(page.front().key),
      last_(page.back().key),
      count_(static_cast<double>(page.size())) {
  std::vector<std::bitset<256>> seen;
  for (const Object& object : page) {
    const size_t size = std::min(object.key.size(), kMaxPositions);
    if (seen.size() < size) seen.resize(size);
    for (size_t i = 0; i < size; ++i) seen[i].set(static_cast<uint8_t>(object.key[i]));
  }
  for (const auto& bytes : seen) {
    std::string& alphabet = alphabets_.emplace_back();
    for (size_t byte = 0; byte < 256; ++byte) {
      if (bytes.test(byte)) alphabet += static_cast<char>(byte);
    }
  }
  Widen(CommonPrefix(first_, last_));
}

void KeyShape::Widen(size_t first_difference) {
  const size_t varying = std::min(first_difference, alphabets_.size());
  bool hex = false;
  for (size_t i = varying; i < alphabets_.size(); ++i) {
    std::string& alphabet = alphabets_[i];
    if (alphabet.size() < 2) continue;
    if (IsOf(alphabet, kDigits)) {
      alphabet = kDigits;
    } else if (IsOf(alphabet, kHexDigits)) {
      hex = hex || i <= varying + 1;
      alphabet = kHexDigits;
    } else if (std::all_of(alphabet.begin(), alphabet.end(), IsContinuation)) {
      alphabet.clear();
      for (int byte = 0x80; byte < 0xC0; ++byte) alphabet += static_cast<char>(byte);
    }
  }
  int left = kWidenedDigits;
  for (size_t i = varying; i > 0 && left > 0; --i) {
    std::string& alphabet = alphabets_[i - 1];
    if (hex && IsOf(alphabet, kHexDigits)) {
      alphabet = kHexDigits;
    } else if (IsOf(alphabet, kDigits)) {
      alphabet = kDigits;
    } else {
      continue;
    }
    --left;
  }
}

double KeyShape::Place(std::string_view key, size_t from) const {
  double place = 0;
  double unit = 1;
  for (size_t i = from; i < std::min(key.size(), alphabets_.size()); ++i) {
    const std::string& alphabet = alphabets_[i];
    const auto found = std::lower_bound(
        alphabet.begin(), alphabet.end(), key[i], [](char left, char right) {
          return static_cast<uint8_t>(left) < static_cast<uint8_t>(right);
        });
    unit /= static_cast<double>(alphabet.size());
    place += unit * static_cast<double>(found - alphabet.begin());
    if (found == alphabet.end() || *found != key[i] || unit < 1e-13) break;
  }
  return place;
}

std::optional<double> KeyShape::CountBetween(std::string_view low,
                                             const std::optional<std::string>& high,
                                             size_t prefix_size) const {
  const size_t from = high ? CommonPrefix(low, *high) : prefix_size;
  if (CommonPrefix(last_, low) < from) return std::nullopt;
  const double page_begin = CommonPrefix(first_, low) < from ? 0 : Place(first_, from);
  const double page_share = Place(last_, from) - page_begin;
  if (page_share <= 0) return std::nullopt;
  const double share = (high ? Place(*high, from) : 1.0) - Place(low, from);
  return std::max(0.0, count_ * share / page_share);
}

std::optional<std::string> KeyShape::Middle(std::string_view low,
                                            const std::optional<std::string>& high,
                                            size_t prefix_size) const {
  const size_t from = high ? CommonPrefix(low, *high) : prefix_size;
  const double begin = Place(low, from);
  const double width = (high ? Place(*high, from) : 1.0) - begin;
  if (width <= 0) return std::nullopt;
  std::string guess(low.substr(0, from));
  double rest = begin + width / 2;
  double unit = 1;
  for (size_t i = from; i < alphabets_.size(); ++i) {
    if (unit <= width / 16 && WholeUtf8(guess) == guess) break;
    const auto size = static_cast<double>(alphabets_[i].size());
    const double digit = std::min(std::floor(rest * size), size - 1);
    guess += alphabets_[i][static_cast<size_t>(digit)];
    rest = rest * size - digit;
    unit /= size;
  }
  auto whole = WholeUtf8(std::move(guess));
  if (!whole || *whole <= low || (high && *whole >= *high)) return std::nullopt;
  return whole;
}

}  // namespace s3source
