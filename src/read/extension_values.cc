#include "read/extension_values.h"

#include <arpa/inet.h>
#include <arrow/array/array_binary.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/util.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/checked_cast.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "cloudquery/log/printable.h"
#include "cloudquery/schema/extension_types.h"

namespace s3source {

namespace {

using arrow::Type;
using arrow::internal::checked_cast;

bool IsJson(std::string_view value) { return nlohmann::json::accept(value); }

bool IsCidr(std::string_view value) {
  const size_t slash = value.find('/');
  if (slash == std::string_view::npos || value.find('\0') != std::string_view::npos)
    return false;
  const std::string address(value.substr(0, slash));
  const std::string_view bits = value.substr(slash + 1);
  int prefix = -1;
  const auto parsed = std::from_chars(bits.data(), bits.data() + bits.size(), prefix);
  if (parsed.ec != std::errc() || parsed.ptr != bits.data() + bits.size() || prefix < 0) {
    return false;
  }
  unsigned char parts[16];
  if (inet_pton(AF_INET, address.c_str(), parts) == 1) return prefix <= 32;
  return inet_pton(AF_INET6, address.c_str(), parts) == 1 && prefix <= 128;
}

bool IsMac(std::string_view value) { return value.size() == 6 || value.size() == 8; }

using Check = bool (*)(std::string_view);

Check CheckOf(const arrow::DataType& type) {
  if (type.Equals(*cq::Json())) return IsJson;
  if (type.Equals(*cq::Inet())) return IsCidr;
  if (type.Equals(*cq::Mac())) return IsMac;
  return nullptr;
}

bool HasCheckedExtension(const arrow::DataType& type) {
  if (type.id() == Type::EXTENSION) return CheckOf(type) != nullptr;
  for (const auto& child : type.fields()) {
    if (HasCheckedExtension(*child->type())) return true;
  }
  return false;
}

}  // namespace

arrow::Status CheckExtensionValues(const arrow::Array& array) {
  if (array.type_id() == Type::STRUCT) {
    // What a null struct holds is not a value.
    const auto& parent = checked_cast<const arrow::StructArray&>(array);
    for (int i = 0; i < parent.num_fields(); ++i) {
      if (!HasCheckedExtension(*parent.struct_type()->field(i)->type())) continue;
      ARROW_ASSIGN_OR_RAISE(auto child, parent.GetFlattenedField(i));
      ARROW_RETURN_NOT_OK(CheckExtensionValues(*child));
    }
    return arrow::Status::OK();
  }
  if (array.type_id() != Type::EXTENSION) {
    for (const auto& child : array.data()->child_data) {
      if (!HasCheckedExtension(*child->type)) continue;
      ARROW_RETURN_NOT_OK(CheckExtensionValues(*arrow::MakeArray(child)));
    }
    return arrow::Status::OK();
  }
  const Check check = CheckOf(*array.type());
  if (check == nullptr) return arrow::Status::OK();
  const auto& values = checked_cast<const arrow::BinaryArray&>(
      *checked_cast<const arrow::ExtensionArray&>(array).storage());
  for (int64_t i = 0; i < values.length(); ++i) {
    if (values.IsNull(i) || check(values.GetView(i))) continue;
    return arrow::Status::Invalid(
        "its schema declares the extension type ",
        checked_cast<const arrow::ExtensionType&>(*array.type()).extension_name(),
        ", which the value '", cq::Printable(values.GetView(i), 64), "' is not of");
  }
  return arrow::Status::OK();
}

}  // namespace s3source
