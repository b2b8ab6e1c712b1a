#include "cloudquery/schema/extension_types.h"

#include <arrow/extension_type.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type.h>

#include <string>
#include <utility>

namespace cq {
namespace {

class CloudQueryType final : public arrow::ExtensionType {
 public:
  CloudQueryType(std::string name, std::shared_ptr<arrow::DataType> storage)
      : arrow::ExtensionType(std::move(storage)), name_(std::move(name)) {}

  std::string extension_name() const override { return name_; }
  std::string Serialize() const override { return name_ + "-serialized"; }
  std::string ToString(bool) const override { return name_; }

  bool ExtensionEquals(const arrow::ExtensionType& other) const override {
    return other.extension_name() == name_ && other.Serialize() == Serialize() &&
           other.storage_type()->Equals(*storage_type_);
  }

  std::shared_ptr<arrow::Array> MakeArray(
      std::shared_ptr<arrow::ArrayData> data) const override {
    return std::make_shared<arrow::ExtensionArray>(std::move(data));
  }

  arrow::Result<std::shared_ptr<arrow::DataType>> Deserialize(
      std::shared_ptr<arrow::DataType> storage,
      const std::string& serialized) const override {
    if (!storage->Equals(*storage_type_)) {
      return arrow::Status::Invalid("the extension type ", name_, " is stored as ",
                                    storage_type_->ToString(), ", not as ",
                                    storage->ToString());
    }
    if (serialized != Serialize()) {
      return arrow::Status::Invalid("the extension type ", name_,
                                    " needs the extension metadata '", Serialize(), "'");
    }
    return std::make_shared<CloudQueryType>(name_, std::move(storage));
  }

 private:
  std::string name_;
};

}  // namespace

std::shared_ptr<arrow::DataType> Uuid() {
  static const auto type =
      std::make_shared<CloudQueryType>("uuid", arrow::fixed_size_binary(16));
  return type;
}

std::shared_ptr<arrow::DataType> Json() {
  static const auto type = std::make_shared<CloudQueryType>("json", arrow::binary());
  return type;
}

std::shared_ptr<arrow::DataType> Inet() {
  static const auto type = std::make_shared<CloudQueryType>("inet", arrow::binary());
  return type;
}

std::shared_ptr<arrow::DataType> Mac() {
  static const auto type = std::make_shared<CloudQueryType>("mac", arrow::binary());
  return type;
}

std::shared_ptr<arrow::DataType> ExtensionTypeByName(std::string_view name) {
  if (name == "uuid") return Uuid();
  if (name == "json") return Json();
  if (name == "inet") return Inet();
  if (name == "mac") return Mac();
  return nullptr;
}

}  // namespace cq
