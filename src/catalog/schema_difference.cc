#include "catalog/schema_difference.h"

#include <arrow/type.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cloudquery/log/printable.h"

namespace s3source {
namespace {

constexpr size_t kShownFields = 5;
constexpr size_t kShownBytes = 160;

/// Differences of one sort, of which the first few are shown.
class Finding {
 public:
  void Add(std::string text) {
    if (++count_ <= kShownFields) shown_.push_back(std::move(text));
  }
  /// "; <title>: <first>, <second> and 3 more", or nothing.
  void AppendTo(std::string& text, std::string_view title) const {
    if (count_ == 0) return;
    if (!text.empty()) text += "; ";
    text.append(title).append(": ");
    for (size_t i = 0; i < shown_.size(); ++i) {
      if (i > 0) text += ", ";
      text += shown_[i];
    }
    if (count_ > shown_.size()) {
      text += " and " + std::to_string(count_ - shown_.size()) + " more";
    }
  }

 private:
  std::vector<std::string> shown_;
  size_t count_ = 0;
};

class Comparison {
 public:
  void CompareFields(const std::string& path, const arrow::FieldVector& known,
                     const arrow::FieldVector& incoming) {
    const auto known_places = Places(known);
    const auto incoming_places = Places(incoming);
    for (const auto& field : incoming) {
      if (!known_places.contains(field->name())) extra_.Add(NameAndType(path, *field));
    }
    std::vector<size_t> common;  // known's fields that incoming has, too
    for (size_t i = 0; i < known.size(); ++i) {
      if (incoming_places.contains(known[i]->name())) {
        common.push_back(i);
      } else {
        missing_.Add(NameAndType(path, *known[i]));
      }
    }
    CompareOrder(path, known, common, incoming_places);
    for (const size_t i : common) {
      CompareTypes(path + known[i]->name(), *known[i]->type(),
                   *incoming[incoming_places.at(known[i]->name())]->type());
    }
  }

  std::string ToString() const {
    std::string text;
    types_.AppendTo(text, "other type");
    missing_.AppendTo(text, "missing");
    extra_.AppendTo(text, "not known before");
    moved_.AppendTo(text, "moved");
    return text;
  }

 private:
  using PlaceByName = std::unordered_map<std::string, size_t>;

  static PlaceByName Places(const arrow::FieldVector& fields) {
    PlaceByName places;
    for (size_t i = 0; i < fields.size(); ++i) places.emplace(fields[i]->name(), i);
    return places;
  }

  static std::string NameAndType(const std::string& path, const arrow::DataType& type) {
    return '"' + cq::Printable(path, kShownBytes) + ": " +
           cq::Printable(type.ToString(), kShownBytes) + '"';
  }
  static std::string NameAndType(const std::string& path, const arrow::Field& field) {
    return NameAndType(path + field.name(), *field.type());
  }

  /// Finds the fields that stand elsewhere among the common ones. That others are missing
  /// or new moves nobody.
  void CompareOrder(const std::string& path, const arrow::FieldVector& known,
                    const std::vector<size_t>& common,
                    const PlaceByName& incoming_places) {
    std::vector<size_t> order = common;
    std::sort(order.begin(), order.end(), [&](size_t left, size_t right) {
      return incoming_places.at(known[left]->name()) <
             incoming_places.at(known[right]->name());
    });
    for (size_t i = 0; i < common.size(); ++i) {
      if (order[i] == common[i]) continue;
      const std::string& name = known[common[i]]->name();
      moved_.Add(NameAndType(path, *known[common[i]]) + " (from place " +
                 std::to_string(common[i] + 1) + " to " +
                 std::to_string(incoming_places.at(name) + 1) + ")");
    }
  }

  void CompareTypes(const std::string& path, const arrow::DataType& known,
                    const arrow::DataType& incoming) {
    if (known.Equals(incoming)) return;
    if (known.id() == incoming.id()) {
      switch (known.id()) {
        case arrow::Type::STRUCT:
          return CompareFields(path + '.', known.fields(), incoming.fields());
        case arrow::Type::LIST:
        case arrow::Type::LARGE_LIST:
          return CompareTypes(path + "[]", *known.field(0)->type(),
                              *incoming.field(0)->type());
        case arrow::Type::MAP: {
          const auto& known_map = static_cast<const arrow::MapType&>(known);
          const auto& incoming_map = static_cast<const arrow::MapType&>(incoming);
          CompareTypes(path + ".key", *known_map.key_type(), *incoming_map.key_type());
          return CompareTypes(path + ".value", *known_map.item_type(),
                              *incoming_map.item_type());
        }
        default:
          break;
      }
    }
    types_.Add(NameAndType(path, known) + " against " + NameAndType(path, incoming));
  }

  Finding types_, missing_, extra_, moved_;
};

}  // namespace

std::string DescribeDifference(const arrow::Schema& known,
                               const arrow::Schema& incoming) {
  Comparison comparison;
  comparison.CompareFields("", known.fields(), incoming.fields());
  const std::string text = comparison.ToString();
  if (!text.empty()) return "columns differ: " + text;
  // Only names that come twice lead here.
  return "columns differ: " + std::to_string(known.num_fields()) + " against " +
         std::to_string(incoming.num_fields()) + ", some of one name";
}

}  // namespace s3source
