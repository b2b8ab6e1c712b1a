#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/object.h"

namespace s3source {

/// What one page of a listing tells about the keys behind it: which bytes vary at which
/// position. Only guesses come of it, about where keys may lie; pure.
class KeyShape {
 public:
  /// `page` has at least one object and is in key order.
  explicit KeyShape(const std::vector<Object>& page);

  /// How many keys lie between `low` and `high`, if they are as dense there as in the
  /// page; nothing where the page does not tell. `high` without a value is the end of all
  /// keys that start with the first `prefix_size` bytes of `low`.
  std::optional<double> CountBetween(std::string_view low,
                                     const std::optional<std::string>& high,
                                     size_t prefix_size) const;

  /// UTF-8 text that stands about half-way between `low` and `high`, greater than `low`
  /// and less than `high`; nothing where there is no such guess.
  std::optional<std::string> Middle(std::string_view low,
                                    const std::optional<std::string>& high,
                                    size_t prefix_size) const;

 private:
  /// Where `key` stands among keys with its first `from` bytes, from 0 to 1.
  double Place(std::string_view key, size_t from) const;
  void Widen(size_t first_difference);

  std::string first_;
  std::string last_;
  double count_;
  std::vector<std::string> alphabets_;  ///< by position, in byte order
};

/// `text` without a multi-byte character that is cut off at its end; nothing where it is
/// not UTF-8.
std::optional<std::string> WholeUtf8(std::string text);

}  // namespace s3source
